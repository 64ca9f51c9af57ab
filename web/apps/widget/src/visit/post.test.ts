import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refusal } from './http.ts'
import { openKeep } from './keep.ts'
import { Outbox } from './outbox.ts'
import { Post } from './post.ts'
import type { ClientFrame, Conversation, Message, Outgoing } from './wire.ts'

const ack = (client_id: string) => ({ type: 'ack' as const, client_id, seq: 1, id: 'm', conversation_id: 'c', created_at: '' })
let outbox: Outbox
const live = { send: vi.fn<(frame: ClientFrame) => boolean>(), renew: vi.fn<() => void>() }
const http = { send: vi.fn<(letter: Outgoing) => Promise<{ message: Message; conversation: Conversation }>>() }
const ends = { changed: vi.fn(), sent: vi.fn() }
let post: Post

beforeEach(() => {
  vi.useFakeTimers()
  vi.resetAllMocks()
  live.send.mockReturnValue(true)
  outbox = new Outbox(openKeep('k', null))
  post = new Post(outbox, live, http, ends)
})
afterEach(() => vi.useRealTimers())

test('a letter goes once a line and is taken out when acknowledged', () => {
  const { client_id } = outbox.write('hi', [])
  post.deliver('live')
  post.deliver('live')
  expect(live.send).toHaveBeenCalledTimes(1)
  post.acknowledged(ack(client_id))
  expect(outbox.letters()).toEqual([])
  expect(ends.sent).toHaveBeenCalledWith(expect.objectContaining({ text: 'hi', seq: 1, client_id }), 'c', null)
})

test('after the line was lost the same letter goes again under the same id', () => {
  const { client_id } = outbox.write('hi', [])
  post.deliver('live')
  post.lineLost()
  post.deliver('live')
  const ids = live.send.mock.calls.map(([frame]) => (frame as { client_id?: string }).client_id)
  expect(ids).toEqual([client_id, client_id])
})

test('a line that never acknowledges is renewed', () => {
  outbox.write('hi', [])
  post.deliver('live')
  vi.advanceTimersByTime(10_000)
  expect(live.renew).toHaveBeenCalledTimes(1)
})

test('too many is a pause, not a failure', () => {
  const { client_id } = outbox.write('hi', [])
  post.deliver('live')
  post.refused({ type: 'refused', client_id, code: 'qiao.too_many', retry_after: 3 })
  expect(outbox.pending()).toHaveLength(1)
  vi.advanceTimersByTime(3000)
  expect(live.send).toHaveBeenCalledTimes(2)
})

test('a refusal for good is shown as failed', () => {
  const { client_id } = outbox.write('hi', [])
  post.refused({ type: 'refused', client_id, code: 'qiao.invalid' })
  expect(outbox.letters()[0]?.state).toBe('failed')
})

test('by HTTP one after the other, and what the network does not carry stays', async () => {
  outbox.write('one', [])
  outbox.write('two', [])
  http.send.mockResolvedValueOnce({ message: {} as Message, conversation: { id: 'c' } as Conversation })
  http.send.mockRejectedValueOnce(new Refusal('network', 0))
  await expect(post.byHttp()).rejects.toThrow('network')
  expect(outbox.pending().map((letter) => letter.text)).toEqual(['two'])
})

test('by HTTP a refused letter does not hold up the next', async () => {
  outbox.write('bad', [])
  outbox.write('good', [])
  http.send.mockRejectedValueOnce(new Refusal('qiao.invalid', 422))
  http.send.mockResolvedValueOnce({ message: {} as Message, conversation: { id: 'c' } as Conversation })
  await post.byHttp()
  expect(outbox.letters().map((letter) => [letter.text, letter.state])).toEqual([['bad', 'failed']])
})
