/**
 * What the live feed tells, by name. Facts are not part of the HTTP schema; whatever a fact carries whole (a conversation, a
 * message, a person) is the generated shape.
 */
import type { Availability, Conversation, DeliveryState, Id, Import, Notification, Person, Server } from './wire'

/** Only what changed; `by` and `reason` say how. With `contact_id` the conversation belongs to another contact now. */
export type ConversationChange = Partial<Conversation> & { by?: Server['Author']; reason?: string; contact_id?: Id }

export interface Facts {
  'conversations.opened.v1': Conversation
  /** Its number in the conversation is the event's `seq`. */
  'conversations.message_posted.v1': Omit<Server['Message'], 'seq'>
  /** The message with the event's `seq` is another now. */
  'conversations.message_changed.v1': Pick<Server['Message'], 'id' | 'conversation_id' | 'text' | 'attachments' | 'content'>
  'conversations.changed.v1': ConversationChange
  'conversations.read.v1': { by: 'agent' | 'contact'; seq: number }
  /** Open conversations are not counted here: `load` says nothing. */
  'people.changed.v1': Person
  'people.presence_changed.v1': { person_id: Id; availability: Availability; online: boolean }
  'knowledge.faq_changed.v1': { id: Id; status: string; language: string }
  'knowledge.import_progressed.v1': Import
  'bot.index_changed.v1': { index_version: string; pending: number }
  /** `act`: made, due, kept or broken. */
  'bot.promise_changed.v1': { promise_id: Id; conversation_id: Id; kind: string; act: string; due_at: string }
  'notifications.created.v1': Notification
  'routing.prioritised.v1': { id: Id; priority: Server['Triage']['priority']; reason: Server['Triage']['reason']; detail: string }
  'routing.queue_changed.v1': { waiting: number; conversations: Id[] }
  /** Where a reply is on its way to its customer. */
  'delivery.changed.v1': { conversation_id: Id; message_seq: number; state: DeliveryState; reason: string | null; at: string | null }
  'tickets.opened.v1': Server['Ticket']
  'tickets.changed.v1': { id: Id; ticket: Server['Ticket'] }
  /** A provider no longer lets an inbox in, or does again. */
  'inboxes.broken.v1': { inbox_id: Id; name: string; channel: string; reason: string }
  'inboxes.mended.v1': { inbox_id: Id }
}

export type FactName = keyof Facts
