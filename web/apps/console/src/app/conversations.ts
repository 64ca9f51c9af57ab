/** Conversations as this tab holds them: the live state, what loads it, and the actions that change it. */
import {
  apply,
  emptyState,
  withAnswer,
  withConversations,
  withCounts,
  withOlder,
  withPosted,
  withThread,
  type ConversationsState,
} from '@qiao/live'
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import { api, ok } from './api'
import { readMessages, readPage } from './content'
import { onLiveBatch, onLiveReload } from './live'
import type { Contact, Conversation, Draft, Id, Me, Message, Summary, View } from './wire'

type State = ConversationsState<Conversation, Message>

/** What a page of one conversation brings besides messages. */
export interface Loaded {
  contact: Contact
  summary: Summary | null
  draft: Draft | null
}

export interface ListKey {
  view: View
  team_id?: Id
  inbox_id?: Id
}

interface ListProgress {
  cursor: string | null
  loading: boolean
  failed: boolean
  started: boolean
}

const state = shallowRef<State>(emptyState('', 0))
const loaded = shallowReactive(new Map<Id, Loaded>())
const lists = shallowReactive(new Map<string, ListProgress>())
const loading = new Map<Id, Promise<void>>()
const THREADS_KEPT = 40
let started = false
let mending: ReturnType<typeof setTimeout> | undefined
let countsTimer: ReturnType<typeof setTimeout> | undefined

export const conversations: Readonly<ShallowRef<State>> = state
export const loadedPages: ReadonlyMap<Id, Loaded> = loaded

const keyOf = (key: ListKey): string => `${key.view}|${key.team_id ?? ''}|${key.inbox_id ?? ''}`
export const listProgress = (key: ListKey): ListProgress =>
  lists.get(keyOf(key)) ?? { cursor: null, loading: false, failed: false, started: false }

/** Begins with the position that came with the session; call once, before the live connection starts. */
export function startConversations(me: Me): void {
  state.value = emptyState(me.person.id, me.position)
  loaded.clear()
  lists.clear()
  void loadCounts().catch(() => undefined)
  if (started) return
  started = true
  onLiveBatch((events) => {
    state.value = apply(state.value, events)
    const torn = [...state.value.threads.values()].some((thread) => thread.gap)
    if (torn || state.value.unknown.size > 0) mending ??= setTimeout(() => void mend(), 60)
  })
  onLiveReload((position) => void reloadAll(position))
}

async function reloadAll(position: number): Promise<void> {
  const keys = [...lists.keys()]
  state.value = { ...emptyState<Conversation, Message>(state.value.me, position), counts: state.value.counts }
  lists.clear()
  await Promise.allSettled([
    loadCounts(),
    ...keys.map((key) => {
      const [view, team_id, inbox_id] = key.split('|')
      return loadList({ view: view as View, ...(team_id ? { team_id } : {}), ...(inbox_id ? { inbox_id } : {}) })
    }),
  ])
}

/** Loads what events spoke of and we do not hold, and threads with a hole. */
async function mend(): Promise<void> {
  mending = undefined
  const { unknown, threads } = state.value
  if (unknown.size > 0) countsLater()
  const wanted = [...unknown].slice(-10)
  const torn = [...threads].filter(([, thread]) => thread.gap).map(([id]) => id)
  if (unknown.size > 0) state.value = { ...state.value, unknown: new Set() }
  await Promise.allSettled([...new Set([...wanted, ...torn])].map(loadAnew))
}

/** A request under way may have been answered before what we have just heard of: one more follows it. */
async function loadAnew(id: Id): Promise<void> {
  await loading.get(id)?.catch(() => undefined)
  await loadThread(id)
}

function countsLater(): void {
  clearTimeout(countsTimer)
  countsTimer = setTimeout(() => void loadCounts().catch(() => undefined), 1_000)
}

export async function loadCounts(): Promise<void> {
  const counts = await ok(api.GET('/conversations/counts'))
  state.value = withCounts(state.value, counts)
}

/** The first page of a view, or the next one; does nothing while one is under way or when all is loaded. */
export async function loadList(key: ListKey): Promise<void> {
  const name = keyOf(key)
  const progress = listProgress(key)
  if (progress.loading || (progress.started && progress.cursor === null && !progress.failed)) return
  lists.set(name, { ...progress, loading: true, failed: false })
  const position = state.value.position
  try {
    const cursor = progress.cursor ? { cursor: progress.cursor } : {}
    const page = await ok(api.GET('/conversations', { params: { query: { ...key, ...cursor, limit: 50 } } }))
    state.value = withConversations(state.value, page.items, position)
    lists.set(name, { cursor: page.next_cursor ?? null, loading: false, failed: false, started: true })
  } catch (error) {
    lists.set(name, { ...progress, loading: false, failed: true })
    throw error
  }
}

function keepFew(latest: Id): void {
  if (state.value.threads.size <= THREADS_KEPT) return
  const threads = new Map(state.value.threads)
  for (const id of threads.keys()) {
    if (threads.size <= THREADS_KEPT) break
    if (id === latest) continue
    threads.delete(id)
    loaded.delete(id)
  }
  state.value = { ...state.value, threads }
}

/** Loads one conversation with its newest messages; calls for the same one share a request. */
export function loadThread(id: Id): Promise<void> {
  const under = loading.get(id)
  if (under) return under
  const request = fetchThread(id).finally(() => loading.delete(id))
  loading.set(id, request)
  return request
}

async function fetchThread(id: Id): Promise<void> {
  const page = readPage(await ok(api.GET('/conversations/{conversation_id}', { params: { path: { conversation_id: id } } })))
  state.value = withThread(state.value, page)
  loaded.set(id, { contact: page.contact, summary: page.summary, draft: page.draft })
  keepFew(id)
}

/** Makes ready what the person is likely to open next. Quiet when it fails. */
export function prefetchThread(id: Id): void {
  if (state.value.threads.has(id) || loading.size > 3) return
  loadThread(id).catch(() => undefined)
}

/** Loads fifty messages before the oldest one held. */
export async function loadOlder(id: Id): Promise<void> {
  const thread = state.value.threads.get(id)
  const first = thread?.items[0]
  if (!thread?.hasMore || !first) return
  const page = await ok(
    api.GET('/conversations/{conversation_id}/messages', { params: { path: { conversation_id: id }, query: { before: first.seq, limit: 50 } } }),
  )
  state.value = withOlder(state.value, id, readMessages(page))
}

export function putConversation(conversation: Conversation): void {
  state.value = withAnswer(state.value, conversation)
}

export function putMessage(message: Message): void {
  state.value = withPosted(state.value, message)
}

export function putContact(contact: Contact): void {
  for (const [id, page] of loaded) if (page.contact.id === contact.id) loaded.set(id, { ...page, contact })
  const { name, email, city, country, tier, identified } = contact
  for (const conversation of state.value.conversations.values()) {
    if (conversation.contact.id !== contact.id) continue
    putConversation({ ...conversation, contact: { id: contact.id, name, email, city, country, tier, identified } })
  }
}

const path = (id: Id) => ({ params: { path: { conversation_id: id } } })

/** Actions: each gives the conversation as the server has it afterwards, or throws `Problem`. */
export const actions = {
  claim: (id: Id) => answered(api.POST('/conversations/{conversation_id}/claim', { ...path(id) })),
  resolve: (id: Id) => answered(api.POST('/conversations/{conversation_id}/resolve', { ...path(id) })),
  reopen: (id: Id) => answered(api.POST('/conversations/{conversation_id}/reopen', { ...path(id) })),
  handToBot: (id: Id) => answered(api.POST('/conversations/{conversation_id}/hand-to-bot', { ...path(id) })),
  snooze: (id: Id, until: Date) =>
    answered(api.POST('/conversations/{conversation_id}/snooze', { ...path(id), body: { until: until.toISOString() } })),
  transfer: (id: Id, to: { person_id?: Id; team_id?: Id; note?: string }) =>
    answered(api.POST('/conversations/{conversation_id}/transfer', { ...path(id), body: to })),
  tag: (id: Id, tags: string[]) => answered(api.PUT('/conversations/{conversation_id}/tags', { ...path(id), body: { tags } })),
}

async function answered(request: Promise<{ data?: Conversation }>): Promise<Conversation> {
  const conversation = await ok(request)
  putConversation(conversation)
  return conversation
}

/** Says that an agent has read up to `seq`; shown at once. */
export async function markRead(id: Id, seq: number): Promise<void> {
  const before = state.value.conversations.get(id)
  if (!before || before.agent_seen_seq >= seq) return
  putConversation({ ...before, agent_seen_seq: seq, unread: 0 })
  await ok(api.PUT('/conversations/{conversation_id}/read', { ...path(id), body: { seq } }))
}
