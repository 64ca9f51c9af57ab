// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick } from 'vue'
import { Problem } from '@/app/problem'

interface Posted {
  text: string
  to: string
  answer: (told: unknown) => void
  fail: (why: unknown) => void
}
const server = vi.hoisted(() => ({ posted: [] as Posted[] }))
vi.mock('@/app/api', () => ({
  api: {
    POST: (_path: string, { params, body }: { params: { path: { conversation_id: string } }; body: { text: string } }) =>
      new Promise((answer, fail) => server.posted.push({ text: body.text, to: params.path.conversation_id, answer, fail })),
  },
  ok: (asked: Promise<unknown>) => asked,
}))
vi.mock('@/app/content', () => ({ readMessage: (message: unknown) => message }))
vi.mock('@/app/conversations', () => ({
  conversations: { value: { threads: new Map() } },
  loadThread: () => Promise.resolve(),
  putMessage: () => undefined,
}))
vi.mock('@/app/live', async () => ({ liveStatus: (await import('vue')).ref('live') }))
vi.mock('@/app/toasts', () => ({ sayProblem: () => 'no line' }))

const { liveStatus } = (await import('@/app/live')) as unknown as { liveStatus: { value: string } }
const { sendAgain, sendMessage, takeBack, useOutgoing } = await import('./outbox')
const NO_LINE = new Problem({ code: 'network.unreachable', status: 0, detail: '' } as never)

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
  await nextTick()
}
const say = (to: string, ...texts: string[]): void => {
  for (const text of texts) sendMessage({ conversationId: to, kind: 'text', text, files: [], article: null })
}
const posted = (): string[] => server.posted.map((one) => one.text)
const answer = async (at: number): Promise<void> => {
  server.posted[at]?.answer({ conversation_id: server.posted[at].to, seq: at })
  await settled()
}
const states = (of: string): string[] => effectScope().run(() => useOutgoing(() => of).value.map((one) => `${one.text} ${one.state}`)) ?? []

describe('what is written into a conversation', () => {
  beforeEach(() => Object.assign(server, { posted: [] }))

  it('goes out one after the other, however slow the line', async () => {
    say('in-turn', '第一句', '第二句', '第三句')
    await settled()
    expect(posted()).toEqual(['第一句'])
    expect(states('in-turn')).toEqual(['第一句 pending', '第二句 pending', '第三句 pending'])
    await answer(0)
    await answer(1)
    expect(posted()).toEqual(['第一句', '第二句', '第三句'])
    await answer(2)
    expect(states('in-turn')).toEqual([])
  })

  it('does not wait for another conversation', async () => {
    say('slow', '慢')
    say('quick', '快')
    await settled()
    expect(posted()).toEqual(['慢', '快'])
    await answer(0)
    await answer(1)
  })

  it('waits for what was written before and found no line', async () => {
    say('line', '断线前', '断线后')
    await settled()
    server.posted[0]?.fail(NO_LINE)
    await settled()
    // Tried once more, before the second; there is still no line.
    expect(posted()).toEqual(['断线前', '断线前'])
    server.posted[1]?.fail(NO_LINE)
    await settled()
    expect(states('line')).toEqual(['断线前 waiting', '断线后 waiting'])
    liveStatus.value = 'connecting'
    await settled()
    liveStatus.value = 'live'
    await settled()
    expect(posted().slice(2)).toEqual(['断线前'])
    await answer(2)
    expect(posted().slice(2)).toEqual(['断线前', '断线后'])
    await answer(3)
    expect(states('line')).toEqual([])
  })

  it('is not held up by what was refused, nor by what was taken back', async () => {
    say('refused', '被拒', '收回', '好的')
    await settled()
    const taken = effectScope().run(() => useOutgoing(() => 'refused').value[1])
    takeBack(taken?.clientId ?? '')
    server.posted[0]?.fail(new Problem({ code: 'x.refused', status: 422, detail: '' } as never))
    await settled()
    expect(posted()).toEqual(['被拒', '好的'])
    await answer(1)
    expect(states('refused')).toEqual(['被拒 failed'])
    sendAgain(effectScope().run(() => useOutgoing(() => 'refused').value[0]?.clientId ?? '') ?? '')
    await settled()
    expect(posted()[2]).toBe('被拒')
    await answer(2)
    expect(states('refused')).toEqual([])
  })
})
