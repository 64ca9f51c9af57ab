/** Names for the shapes that travel between console and server. The shapes themselves are generated from the server. */
import type { components } from '@qiao/client'
import type { Routes } from './routes'

export type Server = components['schemas']
export type * from './content'

export type Id = string
export type Instant = string

export type Language = Server['Person']['locale']
export type Localised = Server['Team']['name']
export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export type Me = Server['Me']
export type Person = Server['Person']
export type Role = Server['Role']
export type Availability = Person['availability']
export type Preferences = Server['Preferences']
export type Permission = Me['permissions'][number]
export type BrowserSession = Server['Session']
export type Invite = Server['Invite']
export type ApiKey = Server['ApiKey']
export type AuditEntry = Server['AuditEntry']
export type Team = Server['Team']
export type Workspace = Server['Workspace']

export type Contact = Server['Contact']
export type Inbox = Server['Inbox']
export type Hours = Server['Hours']
export type SpecialDay = Server['SpecialDay']
export type NewSpecialDay = Server['NewSpecialDay']
export type HolidayPlan = Server['Plan']
export type ReadDays = Server['ReadDays']
export type Channel = Server['ChannelInfo']
export type SettingField = Server['SettingField']
export type ChannelState = Server['ChannelState']
export type Receipt = Server['ReceiptShown']
export type ReplyWindow = Server['ReplyWindowView']
export type ReplyDelivery = Server['ReplyDelivery']
export type DeliveryState = ReplyDelivery['state']
export type MessageTemplate = Server['ApprovedTemplate']
export type Written = NonNullable<PostMessage['content']>
export type IdentityKey = Server['IdentityKey']
export type StoredFile = Server['StoredFile']

export type Author = Server['Author']
export type AuthorKind = Server['AuthorKind']
export type MessageKind = Server['MessageKind']
export type Conversation = Server['Conversation']
export type ConversationStatus = Server['Status']
export type ConversationContact = Server['ContactBrief']
export type Preview = Server['Preview']
export type Counts = Server['Counts']
export type View = keyof Counts
export type Draft = Server['Drafting']
export type PostMessage = Server['Writing']
export type SearchResult = Server['Results']
export type QueueItem = Server['QueueItem']
export type Notification = Server['Notification']

export type Category = Server['Category']
export type Faq = Server['Faq']
/** Who may read what is published: customers too, or colleagues alone. */
export type Audience = Faq['audience']
export type Article = Server['Article']
export type Translation = Server['Translation']
export type Import = Server['Import']
export type ImportProblem = Server['ImportProblem']
export type Snippet = Server['knowledge_contracts_Snippet']
export type KnowledgeHit = Server['SearchHit']

export type BotTrial = Server['Trial']
export type Assistance = Server['Assistance']
export type SuggestedAnswer = Server['SuggestedAnswer']
export type SuggestedSnippet = Server['SuggestedSnippet']
export type NextAction = Server['NextAction']
export type DuePromise = Server['DuePromise']
export type SummaryDraft = Server['SummaryDraft']
export type Priority = Server['Triage']['priority']
export type RoutingRule = Server['RoutingRule']
export type BotTurn = Server['BotTurn']
export type Zone = BotTurn['zone']
export type Candidate = Server['CandidateView']
export type Timings = Server['Timings']
export type BotStatus = Server['BotStatus']
export type BotSettings = Server['BotSettings']
export type AnswerCurve = Server['AnswerCurve']
export type CurvePoint = Server['CurvePoint']
export type Unanswered = Server['Unanswered']
export type Overview = Server['Overview']

/** What a question of one route may say, e.g. `Query<'/knowledge/faqs'>`. */
export type Query<P extends keyof Routes> = Routes[P] extends { get: { parameters: { query?: infer Q } } } ? NonNullable<Q> : never
