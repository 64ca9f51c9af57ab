// @vitest-environment happy-dom
import { beforeAll, describe, expect, it } from 'vitest'
import { i18n } from '@/app/i18n'
import en from '@/locales/en/flows.json'
import zh from '@/locales/zh/flows.json'
import { GIVEN, type Slot } from './model/slots'
import { conditionWords, resultName, slotName } from './words'

const slots: Slot[] = [
  { path: 'free', type: 'object', label: { zh: '可预约时间', en: 'Free times' }, node: 'look' },
  { path: 'free.count', type: 'number', label: null, node: 'look' },
  { path: 'free.first', type: 'object', label: null, node: 'look' },
  { path: 'own', type: 'object', label: null, node: 'call' },
  { path: 'own.stock', type: 'number', label: { zh: '库存', en: 'Stock' }, node: 'call' },
  ...GIVEN,
]

describe('what a flow finds out, in words', () => {
  beforeAll(() => {
    i18n.global.setLocaleMessage('en', { flows: en } as never)
    i18n.global.setLocaleMessage('zh', { flows: zh } as never)
    i18n.global.locale.value = 'en'
  })

  it('names a part of an answer, not the word it is stored under', () => {
    expect(slotName('free.count', slots)).toBe('Free times · how many')
    expect(slotName('free.first.starts_at', slots)).toBe('Free times · the first · start')
    i18n.global.locale.value = 'zh'
    expect(slotName('free.count', slots)).toBe('可预约时间 · 数量')
    expect(conditionWords({ op: 'at_least', slot: 'free.count', value: 1 }, slots)).not.toContain('count')
    i18n.global.locale.value = 'en'
  })

  it('keeps what somebody named, and shows what nobody did as it is written', () => {
    expect(slotName('own.stock', slots)).toBe('Stock')
    expect(slotName('own.stock.low', slots)).toBe('Stock · low')
    expect(slotName('nobody.knows', slots)).toBe('nobody.knows')
    expect(slotName('customer.known', slots)).toBe(en.given.customer_known)
  })

  it('has the same names in both languages', () => {
    expect(Object.keys(zh.results).sort()).toEqual(Object.keys(en.results).sort())
    expect(resultName('count')).not.toBe('count')
    expect(resultName('made_by_an_admin')).toBe('made_by_an_admin')
  })
})
