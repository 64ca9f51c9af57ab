import { describe, expect, it } from 'vitest'
import { latest, money, parcelState } from './orders'

describe('amounts', () => {
  it('are written with as many digits as their currency has', () => {
    expect(money({ amount: 12_800, currency: 'CNY' }, 'zh')).toBe('¥128.00')
    expect(money({ amount: 500, currency: 'JPY' }, 'en')).toBe('¥500')
    expect(money({ amount: 1_234_567, currency: 'KWD' }, 'en')).toContain('1,234.567')
    expect(money({ amount: -3_950, currency: 'USD' }, 'en')).toBe('-$39.50')
  })
})

describe('a parcel', () => {
  it('shows its newest steps and hides no single line behind a line', () => {
    expect(latest([1, 2, 3, 4, 5])).toEqual({ shown: [1, 2], rest: [3, 4, 5] })
    expect(latest([1, 2, 3])).toEqual({ shown: [1, 2, 3], rest: [] })
    expect(latest([])).toEqual({ shown: [], rest: [] })
  })

  it('says what it waits for: arrived before late, late before expected', () => {
    const [day, other] = ['2026-11-20T00:00:00Z', '2026-11-22T00:00:00Z']
    expect(parcelState({ delivered_at: day, expected_at: other, late: true })).toEqual({ key: 'delivered', at: day })
    expect(parcelState({ delivered_at: null, expected_at: other, late: true })).toEqual({ key: 'late', at: other })
    expect(parcelState({ delivered_at: null, expected_at: null, late: true })).toEqual({ key: 'late', at: null })
    expect(parcelState({ delivered_at: null, expected_at: other, late: false })).toEqual({ key: 'expected', at: other })
    expect(parcelState({ delivered_at: null, expected_at: null, late: false }).key).toBe('under_way')
  })
})
