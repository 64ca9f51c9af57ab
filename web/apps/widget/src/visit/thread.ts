/**
 * The messages a visitor sees, as one value. Numbers (`seq`) order a conversation and may have gaps (notes are not for
 * visitors); ids tell messages apart. A new conversation begins its numbers again: what was before becomes `past`.
 */
import type { Letter } from './outbox.ts'
import type { Conversation, Message } from './wire.ts'

export interface Thread {
  conversationId: string | null
  past: Message[]
  messages: Message[]
  /** Highest number held: where a resumed socket goes on. */
  lastSeq: number
  hasMore: boolean
  /** Up to where an agent has read, as far as is known. */
  agentSeen: number
}

export const emptyThread: Thread = {
  conversationId: null,
  past: [],
  messages: [],
  lastSeq: 0,
  hasMore: false,
  agentSeen: 0,
}

/** A snapshot from the server replaces everything. */
export function snapshot(conversation: Conversation | null, messages: Message[], hasMore: boolean): Thread {
  return receive({ ...emptyThread, conversationId: conversation?.id ?? null, hasMore }, messages)
}

/** Takes in messages in any order and any number of times. */
export function receive(thread: Thread, incoming: Message[]): Thread {
  return [...incoming].sort((a, b) => a.seq - b.seq).reduce(receiveOne, thread)
}

/** Names the conversation that what follows belongs to. */
export function enter(thread: Thread, conversationId: string): Thread {
  if (thread.conversationId === conversationId) return thread
  if (thread.conversationId === null) return { ...thread, conversationId }
  return { ...begin(thread), conversationId }
}

/** An older page, put before what is there. */
export function prepend(thread: Thread, items: Message[], hasMore: boolean): Thread {
  return { ...receive(thread, items), hasMore }
}

export function read(thread: Thread, seq: number): Thread {
  return seq > thread.agentSeen ? { ...thread, agentSeen: seq } : thread
}

/** The message that an acknowledged letter has become. */
export function acknowledged(letter: Letter, ack: { id: string; seq: number; created_at: string }): Message {
  return {
    id: ack.id,
    seq: ack.seq,
    author: { kind: 'contact', name: null },
    kind: 'text',
    text: letter.text,
    attachments: letter.files,
    content: null,
    client_id: letter.client_id,
    created_at: ack.created_at,
  }
}

/** Replies the visitor has not seen. */
export function unreadCount(thread: Thread, seen: number): number {
  return thread.messages.filter((m) => m.seq > seen && m.kind === 'text' && m.author.kind !== 'contact').length
}

function receiveOne(thread: Thread, message: Message): Thread {
  const { messages } = thread
  if (thread.past.some((known) => known.id === message.id)) return thread
  const at = messages.findIndex((known) => known.id === message.id)
  if (at >= 0) return withMessages(thread, [...messages.slice(0, at), message, ...messages.slice(at + 1)])
  const holder = messages.find((known) => known.seq === message.seq)
  if (holder) return receiveOne({ ...begin(thread), conversationId: null }, message)
  const before = messages.filter((known) => known.seq < message.seq)
  return withMessages(thread, [...before, message, ...messages.slice(before.length)])
}

function withMessages(thread: Thread, messages: Message[]): Thread {
  const lastSeq = messages[messages.length - 1]?.seq ?? 0
  const answered = messages.filter((message) => message.author.kind === 'agent').map((message) => message.seq)
  return { ...thread, messages, lastSeq, agentSeen: Math.max(thread.agentSeen, ...answered) }
}

function begin(thread: Thread): Thread {
  return { ...emptyThread, past: [...thread.past, ...thread.messages] }
}
