import { describe, expect, it } from 'vitest'
import type { Message } from '@/app/wire'
import { blocksOf } from './grouping'

const message = (seq: number, minutes: number, part: Partial<Message> = {}): Message => ({
  id: `m${seq}`, conversation_id: 'c', seq, author: { kind: 'contact', id: 'x', name: '林' }, kind: 'text', text: 'x',
  attachments: [], content: null, client_id: `c${seq}`, created_at: new Date(2026, 10, 21, 10, minutes).toISOString(), ...part,
})
const shape = (messages: Message[], unreadAfter: number | null = null) =>
  blocksOf(messages, unreadAfter).map((block) => (block.type === 'run' ? `run${block.items.length}` : block.type))

describe('blocks of a thread', () => {
  it('puts messages of one author within five minutes together', () => {
    expect(shape([message(1, 0), message(2, 1), message(3, 9)])).toEqual(['day', 'run2', 'run1'])
  })

  it('begins anew with another author, a note, an event or a day', () => {
    const bot = { kind: 'bot', id: null, name: '桥小助' } as const
    const messages = [
      message(1, 0), message(2, 1, { author: bot }), message(3, 1, { author: bot, kind: 'note' }), message(4, 1, { kind: 'event' }), message(5, 2),
      message(6, 60 * 24),
    ]
    expect(shape(messages)).toEqual(['day', 'run1', 'run1', 'note', 'event', 'run1', 'day', 'run1'])
  })

  it('draws the line before the first message that is not read', () => {
    expect(shape([message(1, 0), message(2, 1), message(3, 2)], 1)).toEqual(['day', 'run1', 'unread', 'run2'])
  })
})
