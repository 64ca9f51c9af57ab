/** The visitor API as it goes over the wire: HTTP bodies and socket frames of `/visitor/v1`. Names are the server's. */
export type Locale = 'zh' | 'en'
export type Localised = Partial<Record<Locale, string>>

export interface FileRef {
  id: string
  name: string
  content_type: string
  size: number
  url: string
  thumbnail_url: string | null
  width: number | null
  height: number | null
}

export interface Author {
  kind: 'contact' | 'agent' | 'bot' | 'system'
  name: string | null
}

export interface Source {
  entry_id: string
  kind: 'faq' | 'article'
  title: string
  url: string | null
}

export interface Option {
  entry_id: string
  label: string
}

/** A way to answer a flow's question: pressing it writes its label. */
export interface Reply {
  value: string
  label: string
}

/** What a flow shows; all of it plain text. The message's text says the same for channels without cards. */
export interface Card {
  title: string
  status: string
  fields: { label: string; value: string }[]
  rows: { text: string; note: string }[]
  style: 'list' | 'timeline'
  link: string
  link_text: string
}

export type HandOverReason = 'asked' | 'unsure' | 'angry' | 'emergency' | 'agents_only' | 'off_hours' | 'flow'

export type Content =
  | { type: 'answer'; sources: Source[]; options?: Option[]; turn_id: string; disclosure: boolean }
  | { type: 'flow'; options: Reply[]; expects: string | null; skippable: boolean; turn_id: string; disclosure: boolean }
  | { type: 'card'; card: Card; turn_id: string; disclosure: boolean }
  | { type: 'offer'; options: Option[]; turn_id: string; disclosure: boolean }
  | { type: 'hand_over'; reason: HandOverReason; turn_id: string | null; disclosure: boolean }
  | { type: 'small_talk'; turn_id: string; disclosure: boolean }
  | { type: 'article'; article_id: string; language: string; title: string; url: string }
  | { type: 'event'; event: string; data: Record<string, unknown> }

export interface Message {
  id: string
  seq: number
  author: Author
  kind: 'text' | 'event'
  text: string
  attachments: FileRef[]
  content: Content | null
  client_id: string | null
  created_at: string
}

export interface Conversation {
  id: string
  status: 'bot' | 'waiting' | 'open' | 'resolved'
  agent: { name: string } | null
  last_seq: number
  contact_seen_seq: number
  queue: { position: number; estimate_seconds: number | null } | null
}

/** The inbox's look, all of it optional: a key the company has not set falls back here, an unknown one is ignored. */
export interface LookSettings {
  title?: Localised
  greeting?: Localised
  suggestions?: Partial<Record<Locale, string[]>>
  colour?: string
  theme?: 'system' | 'light' | 'dark'
  corner?: 'left' | 'right'
  radius?: 'round' | 'soft' | 'square'
  logo?: string | null
  ask_email_when_away?: boolean
  reply_time?: Localised
}

export interface Inbox {
  name: string
  settings: LookSettings
  open_now: boolean
  /** Open, and somebody who may answer is online; an older server does not say. */
  staffed?: boolean
  /** While closed: when people answer again, and what it is closed for. */
  opens_at?: string | null
  closed_for?: Localised | null
  languages?: Locale[]
}

export interface Session {
  token: string
  locale: Locale
  identified: boolean
  inbox: Inbox
  bot: { enabled: boolean; name: Localised }
  conversation: Conversation | null
  messages: Message[]
  has_more: boolean
  epoch: string
}

export interface Outgoing {
  client_id: string
  text: string
  attachments: string[]
  option?: string
}

export type ClientFrame =
  | { type: 'hello'; token: string; epoch: string | null; after: number }
  | ({ type: 'send' } & Outgoing)
  | { type: 'typing'; on: boolean; length?: number }
  | { type: 'read'; seq: number }
  | { type: 'ping' }

export interface Welcome {
  type: 'welcome'
  epoch: string
  recovered: boolean
  conversation: Conversation | null
  messages: Message[]
  app_version: string
}

export type ServerFrame =
  | Welcome
  | { type: 'ack'; client_id: string; seq: number; id: string; conversation_id: string; created_at: string }
  | { type: 'refused'; client_id: string | null; code: string; retry_after?: number }
  | { type: 'message'; message: Message }
  | { type: 'conversation'; conversation: Conversation }
  | { type: 'typing'; author: Author; on: boolean }
  | { type: 'read'; seq: number }
  | { type: 'pong'; id: number }
