import { describe, expect, it } from 'vitest'
import type { Assistance } from '@/app/wire'
import { chipKey, chipsOf, factLines, factsOf, linesOf, takes, wordsOf } from './strip'

const answer = (id: string) => ({ entry_id: id, title: id }) as Assistance['answers'][number]
const snippet = (id: string) => ({ id, title: id, shortcut: id, score: 1, body: { zh: id } }) as Assistance['snippets'][number]
const seen = (answers: string[], snippets: string[], conversation = 'c') =>
  ({ conversation_id: conversation, answers: answers.map(answer), snippets: snippets.map(snippet) }) as unknown as Assistance
const key = (code: string, options: KeyboardEventInit = {}) => new KeyboardEvent('keydown', { code, altKey: true, ...options })

describe('suggestions above the editor', () => {
  it.each([
    [['a', 'b', 'c'], ['x'], ['a', 'b', 'c']],
    [['a'], ['x', 'y', 'z'], ['a', 'x', 'y']],
    [[], [], []],
  ])('shows %j and %j as %j', (answers, snippets, shown) => {
    expect(chipsOf(seen(answers, snippets)).map((chip) => chip.key)).toEqual(shown)
  })

  it('knows Alt and a digit by its place on the keyboard', () => {
    expect([chipKey(key('Digit1')), chipKey(key('Numpad3')), chipKey(key('Digit4'))]).toEqual([0, 2, null])
    expect(chipKey(key('Digit1', { altKey: false }))).toBeNull()
    expect(chipKey(key('Digit1', { ctrlKey: true }))).toBeNull()
    expect(chipKey(key('Digit1', { isComposing: true }))).toBeNull()
  })

  it('changes nothing while somebody writes, unless another conversation is opened', () => {
    expect(takes(null, seen([], []), true)).toBe(true)
    expect(takes(seen([], []), seen(['a'], []), true)).toBe(false)
    expect(takes(seen([], []), seen(['a'], []), false)).toBe(true)
    expect(takes(seen([], []), seen(['a'], [], 'other'), true)).toBe(true)
  })
})

describe('a summary in fields', () => {
  it('is lines and back', () => {
    expect(linesOf(' 退货 \n\n换货')).toEqual(['退货', '换货'])
    expect(factsOf('订单号：SO1\nPhone: 138\n没有名字\n：空')).toEqual({ 订单号: 'SO1', Phone: '138' })
    expect(factLines({ 订单号: 'SO1', Phone: '138' }, '：')).toBe('订单号：SO1\nPhone：138')
  })

  it('takes words of a rule however they are separated', () => {
    expect(wordsOf('退款，发票、refund, 退款\nVAT')).toEqual(['退款', '发票', 'refund', 'VAT'])
  })
})
