import { describe, expect, it } from 'vitest'
import type { Workspace } from '@/app/wire'
import { changesOf, isSlug, problemsOf } from './draft'

const WORKSPACE: Workspace = {
  id: 'w', slug: 'lantea', name: { zh: '蓝茶坊', en: 'Lan Tea' }, default_locale: 'zh', timezone: 'Asia/Shanghai', chat_limit_default: 5, requeue_after_seconds: 120,
}

describe('workspace form', () => {
  it('sends only what changed', () => {
    expect(changesOf(WORKSPACE, { ...WORKSPACE, slug: 'tea', name: { ...WORKSPACE.name } })).toEqual({ slug: 'tea' })
  })

  it('names what is wrong', () => {
    expect(problemsOf(WORKSPACE).size).toBe(0)
    expect([...problemsOf({ ...WORKSPACE, slug: 'A B', chat_limit_default: 0, name: { zh: ' ' } })].sort()).toEqual(['chat_limit_default', 'name', 'slug'])
  })

  it('knows an address name', () => {
    expect(['lan-tea', 'abc'].every(isSlug)).toBe(true)
    expect(['-tea', 'tea-', 'ab', 'Tea', '茶'].some(isSlug)).toBe(false)
  })
})
