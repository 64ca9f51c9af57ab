/** What the client holds of conversations: normalised, plain, never mutated. */
import type { LiveEvent } from './frames'

export type Status = 'bot' | 'waiting' | 'open' | 'snoozed' | 'resolved'
export type View = 'mine' | 'waiting' | 'bot' | 'open' | 'snoozed' | 'resolved' | 'all'
export const VIEWS: readonly View[] = ['mine', 'waiting', 'bot', 'open', 'snoozed', 'resolved', 'all']
export type Counts = Record<View, number>

export interface LiveAuthor {
  kind: 'contact' | 'agent' | 'bot' | 'system'
  id?: string | null
  name?: string | null
}

/** The fields of a message that the reducer reads. */
export interface LiveMessage {
  id: string
  conversation_id: string
  seq: number
  author: LiveAuthor
  kind: 'text' | 'note' | 'event'
  text: string
  client_id: string | null
  created_at: string
}

/** The fields of a conversation that the reducer reads or writes. */
export interface LiveConversation {
  id: string
  status: Status
  assignee_id: string | null
  last_seq: number
  agent_seen_seq: number
  contact_seen_seq: number
  unread: number
  preview: { text: string; author_kind: LiveAuthor['kind']; kind: LiveMessage['kind']; at: string } | null
  waiting_since: string | null
  updated_at: string
}

/** The loaded stretch of one conversation, oldest first, without holes. `gap`: a message was missed; load it anew. */
export interface Thread<M> {
  items: readonly M[]
  hasMore: boolean
  gap: boolean
}

export interface ConversationsState<C extends LiveConversation, M extends LiveMessage> {
  me: string
  position: number
  conversations: ReadonlyMap<string, C>
  threads: ReadonlyMap<string, Thread<M>>
  /** Ids by latest activity, newest first. */
  order: readonly string[]
  counts: Counts
  /** Conversations that events spoke of and that we do not hold; the owner loads them. */
  unknown: ReadonlySet<string>
  /** A conversation loaded with its position ignores events up to it. */
  asOf: ReadonlyMap<string, number>
  /** The latest events, to bring an older snapshot up to date. */
  recent: readonly LiveEvent[]
}

/** Resolved conversations are counted so far by the server; this many stand for this many or more. */
export const COUNTED_UP_TO = 1000

/** How many a view holds, as it is shown: `1000+` where not all were counted. */
export function countOf(counts: Counts, view: View): string {
  const uncounted = counts.resolved >= COUNTED_UP_TO && (view === 'resolved' || view === 'all')
  return `${counts[view]}${uncounted ? '+' : ''}`
}

export const NO_COUNTS: Counts = { mine: 0, waiting: 0, bot: 0, open: 0, snoozed: 0, resolved: 0, all: 0 }

export function emptyState<C extends LiveConversation, M extends LiveMessage>(me: string, position: number): ConversationsState<C, M> {
  return {
    me,
    position,
    conversations: new Map(),
    threads: new Map(),
    order: [],
    counts: NO_COUNTS,
    unknown: new Set(),
    asOf: new Map(),
    recent: [],
  }
}

/** Whether a conversation stands in a view; the same rule on the server makes the counts. */
export function inView(view: View, conversation: Pick<LiveConversation, 'status' | 'assignee_id'>, me: string): boolean {
  if (view === 'all') return true
  if (view === 'mine') return conversation.assignee_id === me && conversation.status === 'open'
  return conversation.status === view
}
