/**
 * The one reducer: `apply(state, events)` gives the next state and changes nothing it was given. Events that are
 * already in (n <= position) are ignored, so that a repeat after a reconnect does no harm. Loading a snapshot that is older than the
 * state brings it up to date from the recent events.
 */
import type { LiveEvent } from './frames'
import {
  COUNTED_UP_TO,
  inView,
  VIEWS,
  type ConversationsState,
  type Counts,
  type LiveConversation,
  type LiveMessage,
  type Thread,
} from './state'

const RECENT = 400

/** What the server keeps of a message's words as the preview. */
const PREVIEW_LENGTH = 160

/** A state being written: each part is copied at its first change, once for a whole batch. */
class Draft<C extends LiveConversation, M extends LiveMessage> {
  readonly next: ConversationsState<C, M>
  private conversations: Map<string, C> | null = null
  private threads: Map<string, Thread<M>> | null = null
  private counts: Counts | null = null
  private unknown: Set<string> | null = null
  private reorder = false

  constructor(private readonly from: ConversationsState<C, M>) {
    this.next = { ...from }
  }

  conversation(id: string): C | undefined {
    return (this.conversations ?? this.from.conversations).get(id)
  }

  thread(id: string): Thread<M> | undefined {
    return (this.threads ?? this.from.threads).get(id)
  }

  put(conversation: C): void {
    const before = this.conversation(conversation.id)
    this.conversations ??= new Map(this.from.conversations)
    this.conversations.set(conversation.id, conversation)
    if (before?.updated_at !== conversation.updated_at) this.reorder = true
    if (this.next.unknown.has(conversation.id) || this.unknown?.has(conversation.id)) this.unknowns().delete(conversation.id)
  }

  /** Puts what the server gave. One that we did not hold is in the server's counts already. */
  take(conversation: C): void {
    const before = this.conversation(conversation.id)
    if (before) this.count(before, conversation)
    this.put(conversation)
  }

  putThread(id: string, thread: Thread<M>): void {
    this.threads ??= new Map(this.from.threads)
    this.threads.set(id, thread)
  }

  unknowns(): Set<string> {
    this.unknown ??= new Set(this.from.unknown)
    return this.unknown
  }

  count(before: C | undefined, after: C): void {
    this.counts ??= { ...this.from.counts }
    for (const view of VIEWS) {
      const was = before !== undefined && inView(view, before, this.from.me)
      const is = inView(view, after, this.from.me)
      const uncounted = view === 'resolved' && this.counts.resolved >= COUNTED_UP_TO
      if (was !== is && !uncounted) this.counts[view] = Math.max(0, this.counts[view] + (is ? 1 : -1))
    }
  }

  done(): ConversationsState<C, M> {
    const { next } = this
    if (this.conversations) next.conversations = this.conversations
    if (this.threads) next.threads = this.threads
    if (this.counts) next.counts = this.counts
    if (this.unknown) next.unknown = this.unknown
    if (this.reorder) next.order = ordered(next.conversations)
    return next
  }
}

function ordered(conversations: ReadonlyMap<string, LiveConversation>): string[] {
  const all = [...conversations.values()]
  all.sort((a, b) => (a.updated_at < b.updated_at ? 1 : a.updated_at > b.updated_at ? -1 : a.id < b.id ? -1 : 1))
  return all.map((conversation) => conversation.id)
}

/** Adds messages to a stretch by number; repeats fall out, the first comer stays. */
export function mergeMessages<M extends LiveMessage>(items: readonly M[], added: readonly M[]): M[] {
  const bySeq = new Map(items.map((item) => [item.seq, item]))
  for (const item of added) if (!bySeq.has(item.seq)) bySeq.set(item.seq, item)
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq)
}

function withMessage<M extends LiveMessage>(thread: Thread<M>, message: M): Thread<M> {
  const last = thread.items.at(-1)
  if (last === undefined || message.seq === last.seq + 1) return { ...thread, items: [...thread.items, message] }
  if (message.seq > last.seq) return { ...thread, gap: true }
  return thread.items.some((item) => item.seq === message.seq) ? thread : { ...thread, items: mergeMessages(thread.items, [message]) }
}

/** A customer who writes to people waits from their first unanswered words; a person's reply ends the wait. */
function waits(before: LiveConversation, message: LiveMessage): { waiting_since?: string | null } {
  if (message.kind !== 'text') return {}
  if (message.author.kind === 'agent') return { waiting_since: null }
  if (message.author.kind !== 'contact' || before.status === 'bot') return {}
  return { waiting_since: before.waiting_since ?? message.created_at }
}

function previewOf(message: LiveMessage): LiveConversation['preview'] {
  const text = [...message.text.slice(0, 2 * PREVIEW_LENGTH)].slice(0, PREVIEW_LENGTH).join('')
  return { text, author_kind: message.author.kind, kind: message.kind, at: message.created_at }
}

function posted<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const before = draft.conversation(event.subject)
  const message = { ...(event.data as object), conversation_id: event.subject, seq: event.seq ?? 0 } as unknown as M
  const thread = draft.thread(event.subject)
  if (thread) draft.putThread(event.subject, withMessage(thread, message))
  if (!before) {
    draft.unknowns().add(event.subject)
    return
  }
  if (message.seq <= before.last_seq) return
  const unread = before.unread + (message.author.kind === 'contact' && message.seq > before.agent_seen_seq ? 1 : 0)
  const preview = message.kind === 'text' ? previewOf(message) : before.preview
  const after = { ...before, ...waits(before, message), updated_at: message.created_at, last_seq: message.seq, unread, preview }
  draft.count(before, after)
  draft.put(after)
}

/** A message is another now: edited, taken back, reacted to, or its files have come. One that is not held comes with its thread. */
function amended<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const thread = draft.thread(event.subject)
  const held = thread?.items.find((message) => message.seq === event.seq)
  if (!thread || !held) return
  const after = { ...held, ...(event.data as Partial<M>), seq: held.seq }
  draft.putThread(event.subject, { ...thread, items: thread.items.map((message) => (message === held ? after : message)) })
  const conversation = draft.conversation(event.subject)
  if (conversation?.preview && conversation.preview.at === held.created_at) draft.put({ ...conversation, preview: previewOf(after) })
}

function changed<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const before = draft.conversation(event.subject)
  if (!before) {
    draft.unknowns().add(event.subject)
    return
  }
  const { by: _by, reason: _reason, contact_id, ...change } = event.data as Partial<C> & { by?: unknown; reason?: unknown; contact_id?: string }
  const after = { ...before, ...change }
  draft.count(before, after)
  draft.put(after)
  // Whose it is now only the server can tell.
  if (contact_id !== undefined) draft.unknowns().add(event.subject)
}

function read<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const before = draft.conversation(event.subject)
  if (!before) return
  const { by, seq } = event.data as { by: 'agent' | 'contact'; seq: number }
  if (by === 'contact') {
    draft.put({ ...before, contact_seen_seq: Math.max(before.contact_seen_seq, seq) })
    return
  }
  const seen = Math.max(before.agent_seen_seq, seq)
  const unread = seen >= before.last_seq ? 0 : before.unread
  draft.put({ ...before, agent_seen_seq: seen, unread })
}

function opened<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const conversation = event.data as C
  if (draft.conversation(event.subject)) return
  if (conversation.id !== event.subject) {
    draft.unknowns().add(event.subject)
    return
  }
  draft.count(undefined, conversation)
  draft.put(conversation)
}

type Handler = <C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent) => void

const HANDLERS: Readonly<Record<string, Handler>> = {
  'conversations.opened.v1': opened,
  'conversations.message_posted.v1': posted,
  'conversations.message_changed.v1': amended,
  'conversations.changed.v1': changed,
  'conversations.read.v1': read,
}

/** A newer server may tell of conversations in ways we do not know yet: then the conversation is loaded anew. */
function applyOne<C extends LiveConversation, M extends LiveMessage>(draft: Draft<C, M>, event: LiveEvent): void {
  const handler = HANDLERS[event.name]
  if (handler) handler(draft, event)
  else if (event.name.startsWith('conversations.')) draft.unknowns().add(event.subject)
}

/** Applies events in the order of their numbers. Ones that are already in, or that are not about conversations, change nothing else. */
export function apply<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  events: readonly LiveEvent[],
): ConversationsState<C, M> {
  const fresh = events.filter((event) => event.n > state.position).sort((a, b) => a.n - b.n)
  const last = fresh.at(-1)
  if (last === undefined) return state
  const draft = new Draft(state)
  let seen = state.position
  for (const event of fresh) {
    if (event.n <= seen) continue
    seen = event.n
    if (event.n > (state.asOf.get(event.subject) ?? 0)) applyOne(draft, event)
  }
  const ours = fresh.filter((event) => event.name in HANDLERS)
  draft.next.position = last.n
  if (ours.length > 0) draft.next.recent = [...state.recent, ...ours].slice(-RECENT)
  return draft.done()
}

function replay<C extends LiveConversation, M extends LiveMessage>(
  draft: Draft<C, M>,
  state: ConversationsState<C, M>,
  ids: ReadonlySet<string>,
  position: number,
): void {
  for (const event of state.recent) {
    if (event.n > position && ids.has(event.subject)) HANDLERS[event.name]?.(draft, event)
  }
}

/**
 * Takes in conversations that the server gave as they stood at `position` (or later). What happened since is put on top.
 * Counts follow only what we held before; `withCounts` brings the rest.
 */
export function withConversations<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  conversations: readonly C[],
  position: number,
): ConversationsState<C, M> {
  const draft = new Draft(state)
  const older = conversations.filter((item) => (state.asOf.get(item.id) ?? 0) <= position || !state.conversations.has(item.id))
  for (const conversation of older) draft.take(conversation)
  replay(draft, state, new Set(older.map((item) => item.id)), position)
  return draft.done()
}

/** Takes in one conversation with its newest messages, as they stood at exactly `position`. */
export function withThread<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  page: { conversation: C; messages: { items: readonly M[]; has_more: boolean }; position: number },
): ConversationsState<C, M> {
  const { conversation, messages, position } = page
  const draft = new Draft(state)
  const held = draft.thread(conversation.id)
  const first = messages.items[0]
  const joins = held !== undefined && !held.gap && first !== undefined && (held.items.at(-1)?.seq ?? 0) >= first.seq - 1
  draft.take(conversation)
  draft.putThread(conversation.id, {
    items: joins ? mergeMessages(messages.items, held.items) : messages.items,
    hasMore: joins ? held.hasMore && messages.has_more : messages.has_more,
    gap: false,
  })
  replay(draft, state, new Set([conversation.id]), position)
  const next = draft.done()
  return { ...next, asOf: new Map(state.asOf).set(conversation.id, position) }
}

/** Puts older messages in front of a loaded stretch. */
export function withOlder<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  id: string,
  page: { items: readonly M[]; has_more: boolean },
): ConversationsState<C, M> {
  const thread = state.threads.get(id)
  if (!thread) return state
  const threads = new Map(state.threads)
  threads.set(id, { ...thread, items: mergeMessages(thread.items, page.items), hasMore: page.has_more })
  return { ...state, threads }
}

/** Takes the server's answer to something this client did: the conversation as it stands now. */
export function withAnswer<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  conversation: C,
): ConversationsState<C, M> {
  const draft = new Draft(state)
  draft.take(conversation)
  return draft.done()
}

/** Puts a message that the server has just accepted into its stretch, before its event arrives. */
export function withPosted<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  message: M,
): ConversationsState<C, M> {
  const thread = state.threads.get(message.conversation_id)
  if (!thread) return state
  const next = withMessage(thread, message)
  // A hole here is only an event that is still under way: wait for it rather than load anew.
  if (next.gap) return state
  const threads = new Map(state.threads)
  threads.set(message.conversation_id, next)
  return { ...state, threads }
}

export function withCounts<C extends LiveConversation, M extends LiveMessage>(
  state: ConversationsState<C, M>,
  counts: Counts,
): ConversationsState<C, M> {
  return { ...state, counts }
}
