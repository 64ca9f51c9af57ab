import { describe, expect, it } from 'vitest'
import { meaningOf } from './reasons'

const reason = (code: string) => ({ code, words: { zh: code, en: code } })
const REASONS = ['131042', '100', '5.1.1', '5.1.10', 'isv.SMS_TEMPLATE_ILLEGAL', "message can't be deleted", 'smpp 0x45', 'unreached: timeout', 'unreached'].map(reason)
const meant = (said: string): string | undefined => meaningOf(said, REASONS)?.code

describe('what a provider said', () => {
  it.each([
    ['131042 Business eligibility payment issue', '131042'],
    ['(#131042) Business eligibility payment issue', '131042'],
    ['error 100', '100'],
    ['the platform said 100', '100'],
    ['(#100) Param recipient must be non-empty', '100'],
    ['550 5.1.1 <lin@customer.example>: no such user', '5.1.1'],
    ['550 5.1.10 null MX', '5.1.10'],
    ['5.1.1.', '5.1.1'],
    ['isv.SMS_TEMPLATE_ILLEGAL 模板不合法', 'isv.SMS_TEMPLATE_ILLEGAL'],
    ["Bad Request: Message can't be deleted for everyone", "message can't be deleted"],
    ['smpp 0x45', 'smpp 0x45'],
    ['unreached: timeout', 'unreached: timeout'],
    ['unreached: tls', 'unreached'],
  ])('is known by its code: %s', (said, code) => {
    expect(meant(said)).toBe(code)
  })

  it.each(['1310421 something else', '131000 wait 100 seconds', '550 15.1.1', 'isv.SMS_TEMPLATE_ILLEGALITY', '100.5', 'isv1SMS_TEMPLATE_ILLEGAL', ''])('is not taken for another: %s', (said) => {
    expect(meant(said)).toBeUndefined()
  })

  it('means the first that fits', () => {
    expect(meaningOf('unreached: timeout', [reason('unreached'), reason('unreached: timeout')])?.code).toBe('unreached')
  })
})
