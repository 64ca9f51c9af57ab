import { describe, expect, it } from 'vitest'
import type { Contact } from '@/app/wire'
import { changesOf, draftOf, nameOf } from './contact'

const CONTACT: Contact = {
  id: 'c', name: '林语桐', email: 'lin@example.com', phone: null, locale: 'zh-CN', city: '杭州', country: 'CN', tier: null, identified: true,
  attributes: { 会员号: 'M-1' }, created_at: '2026-01-01T00:00:00Z', last_seen_at: null, conversation_count: 2,
}

describe('contact form', () => {
  it('sends nothing when nothing changed', () => {
    expect(changesOf(CONTACT, draftOf(CONTACT))).toEqual({})
  })

  it('sends what changed: an emptied text as null, attributes with names only', () => {
    const draft = { ...draftOf(CONTACT), email: ' ', phone: ' 138 ', attributes: [{ name: '等级 ', value: ' 金 ' }, { name: '', value: 'x' }] }
    expect(changesOf(CONTACT, draft)).toEqual({ email: null, phone: '138', attributes: { 等级: '金' } })
  })
})

it('names a contact by name, then e-mail', () => {
  expect(nameOf(CONTACT)).toBe('林语桐')
  expect(nameOf({ name: null, email: 'a@b.cn' })).toBe('a@b.cn')
  expect(nameOf({ name: null, email: null })).toBeNull()
})
