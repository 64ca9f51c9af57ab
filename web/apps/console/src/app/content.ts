/**
 * What a message may carry besides its text, told apart by `type`. The server keeps it as a free object, written by whoever
 * posts (bot, inbox, agent), so its schema cannot say more; this is what the console can draw.
 */
import type { Id, Language, Server } from './wire'

export interface Source {
  entry_id: Id
  kind: 'faq' | 'article'
  title: string
  url: string | null
}

export type HandOverReason = 'asked' | 'unsure' | 'angry' | 'emergency' | 'agents_only' | 'off_hours' | 'flow'

export type ConversationEvent =
  | 'opened'
  | 'handed_over'
  | 'queued'
  | 'assigned'
  | 'transferred'
  | 'unassigned'
  | 'requeued'
  | 'snoozed'
  | 'woken'
  | 'resolved'
  | 'reopened'
  | 'tagged'
  | 'rated'
  | 'promise_made'
  | 'promise_due'
  | 'promise_kept'
  | 'promise_broken'
  | 'recalled'
  | 'hidden'
  | 'shown'
  | 'deleted'
  | 'linked'
  | 'ticket_opened'

export type Summary = {
  type: 'summary'
  who: string
  wants: string
  tried: string[]
  entities: Record<string, string>
  language: string
  question_count: number
  /** Absent from summaries written before there was one. */
  mood?: 'emergency' | 'angry' | 'pleased' | 'calm'
  promises?: string[]
}

export type Content =
  | { type: 'answer'; zone: 'answer'; sources: Source[]; turn_id: Id; disclosure: boolean }
  | { type: 'flow'; options: { value: string; label: string }[]; expects: string | null; turn_id: Id; disclosure: boolean }
  | { type: 'card'; card: Record<string, unknown>; turn_id: Id; disclosure: boolean }
  | { type: 'offer'; zone: 'offer'; options: { entry_id: Id; label: string }[]; turn_id: Id; disclosure: boolean }
  | { type: 'hand_over'; reason: HandOverReason; turn_id: Id | null; disclosure: boolean }
  | { type: 'small_talk'; turn_id: Id; disclosure: boolean }
  | Summary
  | { type: 'article'; article_id: Id; language: Language; title: string; url: string }
  | { type: 'event'; event: ConversationEvent; data: Record<string, unknown> }

/** The message as the server states it, its content told apart. */
export type Message = Omit<Server['Message'], 'content'> & { content: Content | null }

/** One conversation opened, its contents told apart. */
export type ConversationPage = Omit<Server['Opened'], 'messages' | 'summary' | 'draft'> & {
  messages: { items: Message[]; has_more: boolean }
  summary: Summary | null
  draft: Server['Drafting'] | null
}

/** A message about to be shown: the server's, read with what we know of contents. */
export const readMessage = (message: Server['Message']): Message => message as Message
export const readMessages = (page: Server['MessagePage']): ConversationPage['messages'] => page as ConversationPage['messages']
export const readPage = (page: Server['Opened']): ConversationPage => page as ConversationPage

