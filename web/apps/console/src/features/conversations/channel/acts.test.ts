import { describe, expect, it } from 'vitest'
import type { Message } from '@/app/wire'
import { actsOf, actsWith } from './acts'

const channel = (...capabilities: string[]): { capabilities: string[] } => ({ capabilities })
const FULL = channel('text', 'recall', 'moderation', 'private_reply')
const message = (kind: 'contact' | 'agent', beside: object = {}): Pick<Message, 'content' | 'author' | 'kind'> => ({
  kind: 'text', author: { kind, id: 'x', name: 'x' } as Message['author'], content: { channel: { thread: true, ...beside } } as unknown as Message['content'],
})

describe('what can be done with a message', () => {
  it('is what its channel offers', () => {
    expect([actsOf(undefined), actsOf(channel('text')), actsOf(channel('recall'))]).toEqual([[], [], ['recall']])
  })

  it('of a customer in public: hide, delete, answer privately', () => {
    expect(actsWith(message('contact'), FULL, { isPublic: true, sent: false })).toEqual(['hide', 'delete', 'private'])
    expect(actsWith(message('contact', { hidden: true }), FULL, { isPublic: true, sent: false })).toEqual(['show', 'delete', 'private'])
    expect(actsWith(message('contact'), FULL, { isPublic: false, sent: false })).toEqual([])
  })

  it('of ours: taken back once it has gone out', () => {
    expect(actsWith(message('agent'), FULL, { isPublic: false, sent: false })).toEqual([])
    expect(actsWith(message('agent'), FULL, { isPublic: false, sent: true })).toEqual(['recall'])
  })

  it('is nothing for what is gone, and for what happened', () => {
    expect(actsWith(message('contact', { deleted: true }), FULL, { isPublic: true, sent: false })).toEqual([])
    expect(actsWith(message('agent', { recalled: true }), FULL, { isPublic: true, sent: true })).toEqual([])
    expect(actsWith({ ...message('agent'), kind: 'note' }, FULL, { isPublic: true, sent: true })).toEqual([])
  })
})
