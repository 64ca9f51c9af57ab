import { describe, expect, it } from 'vitest'
import type { Snippet } from '@/app/wire'
import { pinyinInitials } from './pinyin'
import { findSnippets, snippetText } from './snippets'

const list: Snippet[] = [
  { id: '1', shortcut: '/ship', title: '快递时效', body: { zh: '{{name}} 您好，一般 1–3 天送达。', en: 'Hi {{ name }}, it takes 1–3 days.' } },
  { id: '2', shortcut: 'fp', title: '发票重开', body: { zh: '请把抬头发给我。' } },
]
const found = (query: string) => findSnippets(list, query).map((item) => item.id)

describe('finding a snippet', () => {
  it.each([['ship', ['1']], ['发票', ['2']], ['kdsx', ['1']], ['fpzk', ['2']], ['抬头', ['2']], ['zzz', []]])('%s finds %o', (query, ids) => {
    expect(found(query)).toEqual(ids)
  })

  it('offers all when nothing is typed', () => {
    expect(found('')).toEqual(['1', '2'])
  })
})

describe('the text of a snippet', () => {
  it('speaks the customer’s language and fills in names', () => {
    expect(snippetText(list[0] as Snippet, 'en', { name: 'Dan' })).toBe('Hi Dan, it takes 1–3 days.')
    expect(snippetText(list[0] as Snippet, 'zh-CN', { name: '林女士' })).toBe('林女士 您好，一般 1–3 天送达。')
  })

  it('keeps a name it does not know', () => {
    expect(snippetText({ ...(list[0] as Snippet), body: { zh: '{{order}}' } }, 'zh', {})).toBe('{{order}}')
  })
})

describe('initials by sound', () => {
  it.each([['快递', 'kd'], ['退换货', 'thh'], ['VIP 客户', 'vipkh'], ['您好', 'nh'], ['紫砂壶', 'zsh']])('%s → %s', (text, initials) => {
    expect(pinyinInitials(text)).toBe(initials)
  })
})
