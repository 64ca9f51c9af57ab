import { describe, expect, it } from 'vitest'
import { whoAnswers } from '../view/header.tsx'
import { zh } from '../words/zh.ts'
import { nobodyThere } from './duty.ts'
import { emptyThread } from './thread.ts'
import type { Conversation, Inbox, Message } from './wire.ts'

const inbox = (open_now: boolean, more: Partial<Inbox> = {}) => ({ open_now, settings: {}, ...more }) as Inbox
const waiting = (estimate_seconds: number | null) => ({ status: 'waiting', queue: { position: 3, estimate_seconds } }) as Conversation
const handedOver = (reason: string) => ({ ...emptyThread, messages: [{ content: { type: 'hand_over', reason } } as Message] })

it('asks for an address while the desk is closed or nobody is online', () => {
  expect(nobodyThere({ inbox: inbox(false), conversation: waiting(null), thread: emptyThread })).toBe(true)
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(null), thread: handedOver('off_hours') })).toBe(true)
})

it('asks for one too while the desk is open and nobody was online', () => {
  const nobody = inbox(true, { staffed: false })
  expect(nobodyThere({ inbox: nobody, conversation: waiting(null), thread: emptyThread })).toBe(true)
  expect(nobodyThere({ inbox: nobody, conversation: waiting(40), thread: emptyThread })).toBe(false)
  expect(nobodyThere({ inbox: inbox(true, { staffed: true }), conversation: waiting(null), thread: emptyThread })).toBe(false)
})

describe('what is said of who answers', () => {
  const settings = { reply_time: { zh: '五分钟内回复' } }
  const said = (face: Inbox, enabled: boolean) =>
    whoAnswers({ inbox: face, bot: { enabled, name: {} }, conversation: null, thread: emptyThread }, zh, 'zh')

  it('promises a time only while people are there to keep it', () => {
    expect(said(inbox(true, { staffed: true }), false)).toBe(zh.replyTeam)
    expect(said(inbox(true, { staffed: true, settings }), true)).toBe('五分钟内回复')
    for (const face of [inbox(true, { staffed: false, settings }), inbox(false, { settings })]) {
      expect(said(face, false)).toBe(zh.replyLater)
      expect(said(face, true)).toBe(zh.replyBot)
    }
  })

  it('goes by the hours alone where the server does not say who is online', () => {
    expect(said(inbox(true), false)).toBe(zh.replyTeam)
  })
})

it('tells the place in line as soon as somebody is there', () => {
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(40), thread: handedOver('off_hours') })).toBe(false)
  expect(nobodyThere({ inbox: inbox(false), conversation: waiting(40), thread: emptyThread })).toBe(false)
  expect(nobodyThere({ inbox: inbox(true), conversation: waiting(null), thread: handedOver('asked') })).toBe(false)
})
