import { expect, test } from 'vitest'
import { acknowledged, emptyThread, enter, prepend, read, receive, snapshot, unreadCount } from './thread.ts'
import type { Author, Conversation, Message } from './wire.ts'

const message = (seq: number, kind: Author['kind'] = 'agent', id = `m${seq}`): Message => ({
  id,
  seq,
  author: { kind, name: null },
  kind: 'text',
  text: `text ${seq}`,
  attachments: [],
  content: null,
  client_id: null,
  created_at: '2026-11-22T01:00:00.000Z',
})
const conversation = { id: 'c1' } as Conversation
const seqs = (messages: Message[]) => messages.map((one) => one.seq)

test('messages come in any order and any number of times, and stand once and in order', () => {
  const thread = receive(receive(emptyThread, [message(5), message(2)]), [message(2), message(3), message(5)])
  expect(seqs(thread.messages)).toEqual([2, 3, 5])
  expect(thread.lastSeq).toBe(5)
})

test('gaps are normal: notes have numbers too', () => {
  expect(receive(emptyThread, [message(1), message(9)]).lastSeq).toBe(9)
})

test('resuming after a lost line gives nothing twice', () => {
  const before = snapshot(conversation, [message(1), message(2)], false)
  const after = receive(before, [message(2), message(3)])
  expect(seqs(after.messages)).toEqual([1, 2, 3])
})

test('an acknowledged letter and its echo are one message, whichever comes first', () => {
  const letter = { client_id: 'x', text: 'hi', files: [], written_at: '', state: 'pending' as const }
  const own = acknowledged(letter, { id: 'm1', seq: 1, created_at: '2026-11-22T01:00:00.000Z' })
  const echo = { ...message(1, 'contact'), client_id: 'x' }
  expect(receive(receive(emptyThread, [own]), [echo]).messages).toHaveLength(1)
  expect(receive(receive(emptyThread, [echo]), [own]).messages).toHaveLength(1)
})

test('a new conversation begins its numbers again and the old one stays readable', () => {
  const old = snapshot(conversation, [message(1), message(2)], false)
  const next = receive(enter(old, 'c2'), [message(1, 'contact', 'n1')])
  expect(seqs(next.past)).toEqual([1, 2])
  expect(next.messages.map((one) => one.id)).toEqual(['n1'])
  expect(next.lastSeq).toBe(1)
})

test('a message with a number that another one holds belongs to a new conversation, even before its name is known', () => {
  const old = snapshot(conversation, [message(1), message(2)], false)
  const next = receive(old, [message(1, 'bot', 'n1')])
  expect(next.messages.map((one) => one.id)).toEqual(['n1'])
  const named = enter(next, 'c2')
  expect(named.messages.map((one) => one.id)).toEqual(['n1'])
  expect(receive(named, [message(2)]).messages).toHaveLength(1)
})

test('an older page goes before', () => {
  const thread = prepend(snapshot(conversation, [message(5)], true), [message(3), message(4)], false)
  expect(seqs(thread.messages)).toEqual([3, 4, 5])
  expect(thread.hasMore).toBe(false)
})

test('an agent who answers has read what was before', () => {
  const thread = receive(emptyThread, [message(1, 'contact'), message(2, 'agent'), message(3, 'contact')])
  expect(thread.agentSeen).toBe(2)
  expect(read(thread, 3).agentSeen).toBe(3)
  expect(read(read(thread, 3), 1).agentSeen).toBe(3)
})

test('unread counts replies of people and machines, not own words', () => {
  const thread = receive(emptyThread, [message(1, 'contact'), message(2, 'bot'), message(3, 'agent'), message(4, 'contact')])
  expect(unreadCount(thread, 2)).toBe(1)
  expect(unreadCount(thread, 0)).toBe(2)
})
