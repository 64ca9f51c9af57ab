import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import type { Article, Category } from '@/app/wire'
import { groupsOf, isSlug, mayPublish, maySave, textOf, titleOf } from './articleDraft'
import { useAutosave, type Autosave } from './autosave'

const article = (id: string, category_id: string | null, position = 0): Article => ({ id, slug: id, category_id, position, audience: 'everyone', translations: {}, updated_at: '2026-01-01T00:00:00Z' })
const category = (id: string, position: number): Category => ({ id, slug: id, name: {}, description: {}, position })

describe('article', () => {
  it('never lets an empty editor overwrite a text', () => {
    const saved = { title: 'T', summary: '', body: 'text' }
    expect(maySave({ title: '', summary: '', body: '' }, saved)).toBe(false)
    expect(maySave({ ...saved, body: 'more' }, saved)).toBe(true)
    expect(maySave({ ...saved }, saved)).toBe(false)
    expect(mayPublish({ ...saved, title: ' ' })).toBe(false)
    expect(textOf(undefined).body).toBe('')
  })

  it('stands under its category, in order, the rest last', () => {
    const groups = groupsOf([article('b', 'one', 2), article('a', 'one', 1), article('c', null), article('d', 'gone')], [category('two', 0), category('one', 1)])
    expect(groups.map((group) => [group.id, group.articles.map((item) => item.id)])).toEqual([['one', ['a', 'b']], [null, ['c', 'd']]])
  })

  it('is called by its title in the other language when need be', () => {
    expect(titleOf({ ...article('a', null), translations: { en: { title: 'Delivery' } as never } }, 'zh')).toBe('Delivery')
  })

  it('has a plain address', () => {
    expect(['how-to', 'a1'].every(isSlug)).toBe(true)
    expect(['', 'A', 'a_b', '-a', '配送'].some(isSlug)).toBe(false)
  })
})

describe('autosave', () => {
  let saver: Autosave
  const save = vi.fn<() => Promise<void>>()
  const scope = effectScope()

  beforeEach(() => {
    vi.useFakeTimers()
    save.mockReset().mockResolvedValue()
    saver = scope.run(() => useAutosave(save)) as Autosave
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits for a second of quiet and saves once', async () => {
    saver.touch()
    await vi.advanceTimersByTimeAsync(600)
    saver.touch()
    await vi.advanceTimersByTimeAsync(600)
    expect(save).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(500)
    expect(save).toHaveBeenCalledOnce()
    expect(saver.state.value).toBe('saved')
  })

  it('tries again after a failure', async () => {
    save.mockRejectedValueOnce(new Error('offline'))
    saver.touch()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(saver.state.value).toBe('failed')
    await vi.advanceTimersByTimeAsync(5_000)
    expect(saver.state.value).toBe('saved')
    expect(save).toHaveBeenCalledTimes(2)
  })

  it('saves what waits at once when asked', async () => {
    saver.touch()
    await saver.flush()
    expect(save).toHaveBeenCalledOnce()
    await saver.flush()
    expect(save).toHaveBeenCalledOnce()
  })
})
