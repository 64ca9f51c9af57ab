import { describe, expect, it } from 'vitest'
import { isWhole, keptWith, sameTemplate } from './templates'

const ONE = { name: 'on_its_way', language: 'zh_CN', body: '{{1}}，您的包裹已发出。' }
const TWO = { name: 'invoice', language: 'en', body: 'Your invoice is ready.' }

describe('templates of an inbox', () => {
  it('adds one at the end, as the provider would write it', () => {
    expect(keptWith([ONE], null, { name: ' invoice ', language: ' en', body: 'Your invoice is ready.\n' })).toEqual([ONE, TWO])
  })

  it('puts a changed one where it stood', () => {
    const changed = { ...ONE, body: '已发出' }
    expect(keptWith([ONE, TWO], ONE, changed)).toEqual([changed, TWO])
  })

  it('knows one by its name and language together', () => {
    expect(sameTemplate(ONE, { ...TWO, name: 'on_its_way ', language: 'zh_CN' })).toBe(true)
    expect(sameTemplate(ONE, { ...ONE, language: 'en' })).toBe(false)
  })

  it('needs both of them, and no words', () => {
    expect([isWhole(ONE), isWhole({ ...ONE, body: '' }), isWhole({ ...ONE, name: ' ' }), isWhole({ ...ONE, language: '' })]).toEqual([true, true, false, false])
  })
})
