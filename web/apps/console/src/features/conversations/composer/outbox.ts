/**
 * What has been sent and is not yet answered for. A message has one client id for all its attempts, so that the server
 * stores it once however often it is sent. What is written into one conversation goes out one after the other, in the
 * order in which it was written. Without a line it waits and goes out when the line is back.
 */
import { computed, shallowReactive, watch, type ComputedRef } from 'vue'
import { api, ok } from '@/app/api'
import { readMessage } from '@/app/content'
import { conversations, loadThread, putMessage } from '@/app/conversations'
import { liveStatus } from '@/app/live'
import { Problem } from '@/app/problem'
import { sayProblem } from '@/app/toasts'
import type { Id, Message, PostMessage, StoredFile, Written } from '@/app/wire'

export interface Outgoing {
  clientId: string
  conversationId: Id
  kind: 'text' | 'note'
  text: string
  files: readonly StoredFile[]
  article: NonNullable<PostMessage['article']> | null
  /** What is no plain text: a template, a reply marked as a person's own. */
  content?: Written | undefined
  at: string
  /** `asking`: the customer wrote meanwhile; the agent decides. `waiting`: no line. */
  state: 'pending' | 'waiting' | 'asking' | 'failed'
  why: string
}

export type NewMessage = Pick<Outgoing, 'conversationId' | 'kind' | 'text' | 'files' | 'article' | 'content'>

const box = shallowReactive(new Map<string, Outgoing>())
/** The last attempt of each conversation: the next begins when it has ended. */
const turns = new Map<Id, Promise<void>>()

function change(clientId: string, part: Partial<Outgoing>): void {
  const before = box.get(clientId)
  if (before) box.set(clientId, { ...before, ...part })
}

function lastSeq(conversationId: Id): number | undefined {
  return conversations.value.threads.get(conversationId)?.items.at(-1)?.seq
}

async function attempt(item: Outgoing, seenSeq: number | undefined): Promise<void> {
  const body: PostMessage = {
    client_id: item.clientId,
    kind: item.kind,
    text: item.text,
    attachments: item.files.map((file) => file.id),
    ...(item.article ? { article: item.article } : {}),
    ...(item.content ? { content: item.content } : {}),
    ...(seenSeq !== undefined && item.kind === 'text' ? { seen_seq: seenSeq } : {}),
  }
  change(item.clientId, { state: 'pending', why: '' })
  try {
    const path = { conversation_id: item.conversationId }
    const message = readMessage(await ok(api.POST('/conversations/{conversation_id}/messages', { params: { path }, body })))
    putMessage(message)
    // Without a place yet (what came before it is still under way) it is shown from here until it has one.
    if (lastSeq(item.conversationId) !== undefined && !isStored(message)) await loadThread(item.conversationId).catch(() => undefined)
    box.delete(item.clientId)
  } catch (error) {
    const state = stateAfter(error)
    change(item.clientId, { state, why: sayProblem(error) })
    // The agent decides with the customer's words before them.
    if (state === 'asking') await loadThread(item.conversationId).catch(() => undefined)
  }
}

function inTurn(item: Outgoing, seenSeq: number | undefined): void {
  const { conversationId } = item
  const turn = (turns.get(conversationId) ?? Promise.resolve())
    .then(() => afterThoseBefore(item, seenSeq))
    .finally(() => turns.get(conversationId) === turn && turns.delete(conversationId))
  turns.set(conversationId, turn)
}

/** What was written before and still waits for the line goes first; while it waits, so does this. */
async function afterThoseBefore({ clientId, conversationId }: Outgoing, seenSeq: number | undefined): Promise<void> {
  for (const id of [...box.keys()]) {
    const next = box.get(id)
    if (!next || next.conversationId !== conversationId) continue
    if (id === clientId) return attempt(next, seenSeq)
    if (next.state === 'waiting') await attempt(next, lastSeq(conversationId))
    if (box.get(id)?.state === 'waiting') return change(clientId, { state: 'waiting' })
  }
}

function isStored({ conversation_id, seq }: Message): boolean {
  return conversations.value.threads.get(conversation_id)?.items.some((message) => message.seq === seq) ?? false
}

function stateAfter(error: unknown): Outgoing['state'] {
  if (!(error instanceof Problem)) return 'failed'
  if (error.code === 'conversations.newer_messages') return 'asking'
  return error.status === 0 ? 'waiting' : 'failed'
}

/** Shows the message at once and sends it. */
export function sendMessage(message: NewMessage): void {
  const item: Outgoing = { ...message, clientId: crypto.randomUUID(), at: new Date().toISOString(), state: 'pending', why: '' }
  box.set(item.clientId, item)
  inTurn(item, lastSeq(item.conversationId))
}

/** Sends again with the same client id. `insist`: although the customer wrote meanwhile. */
export function sendAgain(clientId: string, insist = false): void {
  const item = box.get(clientId)
  if (item) inTurn(item, insist ? undefined : lastSeq(item.conversationId))
}

/** Takes a message back that was not stored, and gives it to be edited. */
export function takeBack(clientId: string): Outgoing | undefined {
  const item = box.get(clientId)
  box.delete(clientId)
  return item
}

/** What of one conversation is under way, oldest first; what has already come back as a message is left out. */
export function useOutgoing(conversationId: () => Id): ComputedRef<Outgoing[]> {
  return computed(() => {
    const id = conversationId()
    const stored = new Set(conversations.value.threads.get(id)?.items.map((message) => message.client_id))
    return [...box.values()].filter((item) => item.conversationId === id && !stored.has(item.clientId))
  })
}

watch(liveStatus, (status) => {
  if (status !== 'live') return
  for (const item of box.values()) if (item.state === 'waiting') sendAgain(item.clientId)
})
addEventListener('beforeunload', (event) => {
  if ([...box.values()].some((item) => item.state !== 'failed')) event.preventDefault()
})
