// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import type { Priority } from '@/app/wire'

const asked = vi.hoisted(() => ({ calls: [] as string[][], fail: false, live: null as null | ((event: { data: { id: string; priority: Priority } }) => void), reload: null as null | (() => void) }))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: {
    GET: async (_path: string, { params }: { params: { query: { conversation: string[] } } }) => {
      asked.calls.push(params.query.conversation)
      if (asked.fail) throw new Error('away')
      return { items: params.query.conversation.filter((id) => id.startsWith('u')).map((conversation_id) => ({ conversation_id, priority: 'urgent' })) }
    },
  },
}))
vi.mock('@/app/live', () => ({
  onLive: (_name: string, listener: typeof asked.live) => (asked.live = listener),
  onLiveReload: (listener: () => void) => (asked.reload = listener),
}))

describe('urgency', () => {
  beforeEach(() => {
    vi.resetModules()
    vi.useFakeTimers()
    localStorage.clear()
    Object.assign(asked, { calls: [], fail: false })
  })

  it('puts the urgent first and leaves equals in their order', async () => {
    const { byUrgency } = await import('./priorities')
    const of: Record<string, Priority> = { a: 'normal', b: 'low', c: 'urgent', d: 'normal', e: 'high', f: 'urgent' }
    const ids = Object.keys(of)
    expect(byUrgency(ids, (id) => of[id]!)).toEqual(['c', 'f', 'e', 'a', 'd', 'b'])
    expect(ids).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
  })

  it('is asked once for each conversation, a hundred at most together', async () => {
    const { priorityOf, usePriorities } = await import('./priorities')
    const ids = ref(Array.from({ length: 150 }, (_, at) => `u${at}`))
    const scope = effectScope()
    scope.run(() => usePriorities(ids))
    await vi.runAllTimersAsync()
    expect(asked.calls.map((call) => call.length)).toEqual([100, 50])
    expect([priorityOf('u149'), priorityOf('nobody')]).toEqual(['urgent', 'normal'])
    ids.value = [...ids.value, 'n1']
    await nextTick()
    await vi.runAllTimersAsync()
    expect(asked.calls[2]).toEqual(['n1'])
    scope.stop()
  })

  it('follows what is told live, and asks anew after the line was lost', async () => {
    const { priorityOf, usePriorities } = await import('./priorities')
    const scope = effectScope()
    scope.run(() => usePriorities(ref(['n1'])))
    await vi.runAllTimersAsync()
    asked.live?.({ data: { id: 'n1', priority: 'high' } })
    expect(priorityOf('n1')).toBe('high')
    asked.reload?.()
    await vi.runAllTimersAsync()
    expect(asked.calls).toEqual([['n1'], ['n1']])
    scope.stop()
  })

  it('asks again for what could not be had', async () => {
    const { priorityOf, usePriorities } = await import('./priorities')
    const ids = ref(['u1'])
    asked.fail = true
    const scope = effectScope()
    scope.run(() => usePriorities(ids))
    await vi.runAllTimersAsync()
    expect(priorityOf('u1')).toBe('normal')
    asked.fail = false
    ids.value = ['u1', 'u2']
    await nextTick()
    await vi.runAllTimersAsync()
    expect([priorityOf('u1'), asked.calls.at(-1)]).toEqual(['urgent', ['u1', 'u2']])
    scope.stop()
  })

  it('remembers in this browser what to sort by', async () => {
    const { urgentFirst } = await import('./priorities')
    expect(urgentFirst.value).toBe(false)
    urgentFirst.value = true
    await nextTick()
    vi.resetModules()
    expect((await import('./priorities')).urgentFirst.value).toBe(true)
  })
})
