import { describe, expect, it } from 'vitest'
import { changesOf, draftOf, problemsOf, type CommerceDraft, type CommerceSettings } from './draft'

const SAVED: CommerceSettings = {
  provider: 'store',
  base_url: '',
  timeout_ms: 3000,
  has_secret: false,
  policy: { return_days: 15, special_vat_from: 0, invoice_days: 90, invoice_hours: 24, complaint_days: 5, cancel_hours: 2, home_country: 'CN', stale_days_home: 3, stale_days_abroad: 9, return_address: {} },
  updated_at: null,
}
const SECRET = 'sixteen-letters!'
const service = (changes: Partial<CommerceDraft> = {}): CommerceDraft => ({ ...draftOf(SAVED), provider: 'rest', base_url: 'https://orders.example.com/qiao', secret: SECRET, ...changes })

describe('the commerce form', () => {
  it('begins as saved, says nothing and sends nothing', () => {
    expect(changesOf(SAVED, draftOf(SAVED))).toEqual({})
    expect(problemsOf(draftOf(SAVED), false).size).toBe(0)
  })

  it('sends a service whole, and afterwards only what changed', () => {
    expect(changesOf(SAVED, service({ seconds: 4.5 }))).toEqual({ provider: 'rest', base_url: 'https://orders.example.com/qiao', secret: SECRET, timeout_ms: 4500 })
    const rest: CommerceSettings = { ...SAVED, provider: 'rest', base_url: 'https://orders.example.com/qiao', has_secret: true }
    expect(changesOf(rest, draftOf(rest))).toEqual({})
    expect(changesOf(rest, { ...draftOf(rest), secret: ` ${SECRET} ` })).toEqual({ secret: SECRET })
  })

  it('never begins with a secret, and leaves a stored one alone', () => {
    expect(draftOf({ ...SAVED, has_secret: true }).secret).toBe('')
    expect(problemsOf(service({ secret: '' }), true).size).toBe(0)
    expect([...problemsOf(service({ secret: '' }), false)]).toEqual(['secret'])
    expect([...problemsOf(service({ secret: 'short' }), true)]).toEqual(['secret'])
  })

  it.each(['orders.example.com', 'ftp://orders.example.com', 'https://orders.example.com/?key=1', 'https://me:pw@orders.example.com', 'https://orders.example.com/#a', ''])(
    'does not take %s for the address of a service',
    (base_url) => expect([...problemsOf(service({ base_url }), false)]).toEqual(['base_url']),
  )

  it('waits between a fifth of a second and ten', () => {
    expect([0.1, 11, Number.NaN].map((seconds) => problemsOf(service({ seconds }), false).has('seconds'))).toEqual([true, true, true])
  })

  it('checks the store’s rules where the store is used, and only there', () => {
    const policy = { ...draftOf(SAVED).policy, return_days: 1.5, invoice_hours: 0, home_country: 'cn' }
    expect([...problemsOf({ ...draftOf(SAVED), policy }, false)].sort()).toEqual(['country', 'invoice_hours', 'return_days'])
    expect(problemsOf(service({ policy }), false).size).toBe(0)
    expect(changesOf(SAVED, service({ policy })).policy).toBeUndefined()
  })

  it('sends the rules whole when one of them changed', () => {
    const policy = { ...draftOf(SAVED).policy, return_days: 30 }
    expect(changesOf(SAVED, { ...draftOf(SAVED), policy })).toEqual({ policy })
  })
})
