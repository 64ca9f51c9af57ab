import { describe, expect, it } from 'vitest'
import { along, marksOf, score, withVariant } from './scale'

const THRESHOLDS = { answer: 0.62, offer: 0.41 }

describe('scale', () => {
  it('places scores and holds them inside', () => {
    expect([0.625, 0, 1.4, -1].map(along)).toEqual(['62.5%', '0%', '100%', '0%'])
    expect(score(0.6)).toBe('0.60')
  })

  it('lifts a label that would run into the other', () => {
    expect(marksOf(THRESHOLDS).map((mark) => mark.raised)).toEqual([false, true])
    expect(marksOf({ answer: 0.8, offer: 0.3 }).some((mark) => mark.raised)).toBe(false)
  })
})

describe('variants', () => {
  it('adds what is new and nothing else', () => {
    expect(withVariant('何时发货？', ['多久发'], ' 几天发 ')).toEqual(['多久发', '几天发'])
    expect(withVariant('When?', ['a'], 'when?')).toBeNull()
    expect(withVariant('When?', [], ' ')).toBeNull()
  })
})
