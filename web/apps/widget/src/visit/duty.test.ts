import { expect, it } from 'vitest'
import { nobodyThere } from './duty.ts'
import { emptyThread } from './thread.ts'
import type { Conversation, Inbox, Message } from './wire.ts'

const inbox = (open_now: boolean) => ({ open_now }) as Inbox
const waiting = (estimate_seconds: number | null) => ({ status: 'waiting', queue: { position: 3, estimate_seconds } }) as Conversation
const handedOver = (reason: string) => ({ ...emptyThread, messages: [{ content: { type: 'hand_over', reason } } as Message] })

it('asks for an address while the desk is closed or nobody is online', () => {
  expect(nobodyThere({ inbox: inbox(false), conversation: waiting(null), thread: emptyThread })).toBe(true)
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(null), thread: handedOver('off_hours') })).toBe(true)
})

it('tells the place in line as soon as somebody is there', () => {
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(40), thread: handedOver('off_hours') })).toBe(false)
  expect(nobodyThere({ inbox: inbox(false), conversation: waiting(40), thread: emptyThread })).toBe(false)
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(null), thread: handedOver('asked') })).toBe(false)
})
