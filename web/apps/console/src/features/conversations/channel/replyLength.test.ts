// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, reactive } from 'vue'
import { useReplyLength, type Asked } from './replyLength'

const server = vi.hoisted(() => ({ asked: [] as string[], answers: [] as ((told: unknown) => void)[] }))
vi.mock('@/app/api', () => ({
  api: { POST: (_path: string, { body }: { body: { text: string } }) => new Promise((done) => (server.asked.push(body.text), server.answers.push(done))) },
  ok: (asked: Promise<unknown>) => asked,
}))

const PAUSE = 200
const parts = (count: number) => ({ sends: 1, parts: count, alphabet: 'ucs2', left: 0 })

describe('as how many a text goes', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    Object.assign(server, { asked: [], answers: [] })
  })
  afterEach(() => vi.useRealTimers())

  function watched(asked: Asked) {
    const scope = effectScope()
    const now = reactive(asked)
    const told = scope.run(() => useReplyLength(() => ({ ...now })))!
    const pass = (ms: number): Promise<unknown> => nextTick().then(() => vi.advanceTimersByTimeAsync(ms))
    return { now, told, pass, stop: () => scope.stop() }
  }

  it('is asked when the writer pauses, once', async () => {
    const { now, told, pass } = watched({ conversationId: 'a', text: '茶', wanted: true })
    await pass(PAUSE - 1)
    now.text = '茶壶'
    await pass(PAUSE)
    expect(server.asked).toEqual(['茶壶'])
    server.answers[0]?.(parts(1))
    await pass(0)
    expect(told.value).toEqual(parts(1))
  })

  it('is not asked where nothing is counted, nor for nothing', async () => {
    const { now, told, pass } = watched({ conversationId: 'a', text: '茶', wanted: false })
    await pass(PAUSE)
    Object.assign(now, { wanted: true, text: '' })
    await pass(PAUSE)
    expect([server.asked, told.value]).toEqual([[], null])
  })

  it('stands until it is told anew; a late answer changes nothing', async () => {
    const { now, told, pass } = watched({ conversationId: 'a', text: '一', wanted: true })
    await pass(PAUSE)
    now.text = '一二'
    await pass(PAUSE)
    server.answers[1]?.(parts(2))
    server.answers[0]?.(parts(1))
    await pass(0)
    expect(told.value).toEqual(parts(2))
    now.text = '一二三'
    await pass(1)
    expect(told.value).toEqual(parts(2))
  })

  it('is forgotten with the text, and in another conversation', async () => {
    const { now, told, pass } = watched({ conversationId: 'a', text: '一', wanted: true })
    await pass(PAUSE)
    server.answers[0]?.(parts(1))
    await pass(0)
    now.conversationId = 'b'
    await pass(1)
    expect(told.value).toBeNull()
  })

  it('is asked by nobody who has left', async () => {
    const { pass, stop } = watched({ conversationId: 'a', text: '一', wanted: true })
    stop()
    await pass(PAUSE)
    expect(server.asked).toEqual([])
  })
})
