import { describe, expect, it } from 'vitest'
import type { AuditEntry } from '@/app/wire'
import zh from '@/locales/zh/audit.json'
import { changesOf, noteOf, sentenceOf, type Words } from './sentence'

const texts: Record<string, string> = {}
const flatten = (value: unknown, at: string): void => {
  if (typeof value === 'string') texts[at] = value
  else for (const [name, inner] of Object.entries(value as object)) flatten(inner, `${at}.${name}`)
}
flatten(zh, 'audit')
const words: Words = {
  t: (key, named = {}) => Object.entries(named).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), texts[key] ?? key),
  te: (key) => key in texts,
  nameOf: (id) => (id === 'p1' ? '沈若兰' : id === 'p2' ? '林子墨' : null),
  localised: (text) => text.zh ?? '',
}
const entry = (more: Partial<AuditEntry>): AuditEntry => ({ number: 1, at: '2026-11-23T00:00:00Z', action: 'inboxes.changed', actor_id: 'p1', subject: '', source: '', detail: {}, ...more })

describe('an entry', () => {
  it('is a sentence of who did what to which', () => {
    expect(sentenceOf(entry({ detail: { name: '门店' } }), words)).toBe('沈若兰修改了收件箱“门店”')
    expect(sentenceOf(entry({ action: 'people.team_made', detail: { name: { zh: '夜班', en: 'Night' } } }), words)).toBe('沈若兰新建了团队“夜班”')
    expect(sentenceOf(entry({ action: 'people.sign_ins_refused', actor_id: null, subject: 'p2', detail: { tries: 5 } }), words)).toBe('有人尝试登录“林子墨”的账号，密码错误 5 次')
    expect(sentenceOf(entry({ actor_id: 'k1', detail: { program: 'ERP' } }), words)).toBe('程序“ERP”修改了收件箱')
    expect(sentenceOf(entry({ actor_id: 'p9' }), words)).toBe('已离开的同事修改了收件箱')
    expect(sentenceOf(entry({ action: 'moon.landed' }), words)).toBe('沈若兰：moon.landed')
  })

  it('says from where, and from how many when they are many', () => {
    expect(noteOf(entry({ source: '192.0.2.1', detail: { reason: 'role' } }), words)).toEqual(['角色已更改', '来自 192.0.2.1'])
    expect(noteOf(entry({ action: 'people.sign_ins_refused' }), words)).toEqual(['来自多个地址'])
  })

  it('shows what was before and is now, and of secrets only that they changed', () => {
    const changes = { enabled: { before: true, after: false }, member_ids: { before: '[]', after: '["p1","p2"]' }, secret: { before: 'changed', after: 'changed' } }
    expect(changesOf(entry({ detail: { changes } }), { ...words, t: (key, named) => (key === 'keys.comma' ? '、' : words.t(key, named)) })).toEqual([
      { field: 'enabled', label: '启用', before: '是', after: '否' },
      { field: 'member_ids', label: '成员', before: '（空）', after: '沈若兰、林子墨' },
      { field: 'secret', label: '密钥', before: null, after: '已更换（不显示内容）' },
    ])
  })
})
