/** The shapes that travel between console and server, as the wire contract (version 1) states them. */
export type * from './wireKnowledge'

export type Id = string
export type Instant = string
export type Language = 'zh' | 'en'
export type Localised = Partial<Record<Language, string>>

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

export type Role = 'owner' | 'admin' | 'supervisor' | 'agent' | 'editor' | 'viewer'
export type Availability = 'online' | 'away'
export type Permission =
  | 'conversations.read'
  | 'conversations.write'
  | 'contacts.read'
  | 'contacts.write'
  | 'knowledge.read'
  | 'knowledge.write'
  | 'inboxes.write'
  | 'people.write'
  | 'reports.read'
  | 'workspace.write'

export interface Person {
  id: Id
  name: string
  email: string
  role: Role
  team_ids: Id[]
  chat_limit: number
  locale: Language
  availability: Availability
  online: boolean
  load: number
  disabled: boolean
  created_at: Instant
}

export interface Team {
  id: Id
  name: Localised
  member_ids: Id[]
}

export interface Preferences {
  theme: 'system' | 'light' | 'dark'
  density: 'comfortable' | 'compact'
  sound: boolean
  desktop: boolean
  shortcuts: boolean
  locale: Language
}

export interface WorkspaceName {
  id: Id
  slug: string
  name: Localised
  default_locale: Language
  timezone: string
}

export interface Workspace extends WorkspaceName {
  chat_limit_default: number
  requeue_after_seconds: number
}

export interface Me {
  person: Person
  workspace: WorkspaceName
  permissions: Permission[]
  preferences: Preferences
  csrf?: null
  app_version: string
  epoch: string
  position: number
}

export interface BrowserSession {
  id: Id
  created_at: Instant
  last_seen_at: Instant
  ip: string
  user_agent: string
  current: boolean
}

export interface Invite {
  id: Id
  email: string
  role: Role
  url: string
  expires_at: Instant
}

export interface Contact {
  id: Id
  name: string | null
  email: string | null
  phone: string | null
  locale: string | null
  city: string | null
  country: string | null
  tier: string | null
  identified: boolean
  attributes: Record<string, string>
  created_at: Instant
  last_seen_at: Instant | null
  conversation_count: number
}

export interface Hours {
  timezone: string
  spans: { days: number[]; from: string; to: string }[]
}

export interface Inbox {
  id: Id
  key: string
  channel: string
  name: string
  enabled: boolean
  team_id: Id | null
  bot_enabled: boolean
  hours: Hours | null
  settings: Record<string, unknown>
  created_at: Instant
}

export interface SettingField {
  key: string
  type: 'text' | 'localised' | 'colour' | 'choice' | 'switch' | 'origins' | 'localised_list' | 'image'
  label: Localised
  hint: Localised | null
  default: unknown
  choices?: { value: string; label: Localised }[]
}

export interface Channel {
  name: string
  title: Localised
  tier: string
  capabilities: string[]
  settings: SettingField[]
  icon_url: string
}

export interface IdentityKey {
  id: Id
  created_at: Instant
  last_four: string
  retired_at: Instant | null
}

export interface StoredFile {
  id: Id
  name: string
  content_type: string
  size: number
  url: string
  thumbnail_url: string | null
  width: number | null
  height: number | null
}

export type AuthorKind = 'contact' | 'agent' | 'bot' | 'system'

export interface Author {
  kind: AuthorKind
  id: Id | null
  name: string | null
}

export interface Source {
  entry_id: Id
  kind: 'faq' | 'article'
  title: string
  url: string | null
}

export type HandOverReason = 'asked' | 'unsure' | 'angry' | 'emergency' | 'agents_only' | 'off_hours'

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

export interface Summary {
  type: 'summary'
  who: string
  wants: string
  tried: string[]
  entities: Record<string, string>
  language: string
  question_count: number
}

export type Content =
  | { type: 'answer'; zone: 'answer'; sources: Source[]; turn_id: Id; disclosure: boolean }
  | { type: 'offer'; zone: 'offer'; options: { entry_id: Id; label: string }[]; turn_id: Id; disclosure: boolean }
  | { type: 'hand_over'; reason: HandOverReason; turn_id: Id | null; disclosure: boolean }
  | { type: 'small_talk'; turn_id: Id; disclosure: boolean }
  | Summary
  | { type: 'article'; article_id: Id; language: Language; title: string; url: string }
  | { type: 'event'; event: ConversationEvent; data: Record<string, unknown> }

export type MessageKind = 'text' | 'note' | 'event'

export interface Message {
  id: Id
  conversation_id: Id
  seq: number
  author: Author
  kind: MessageKind
  text: string
  attachments: StoredFile[]
  content: Content | null
  client_id: string | null
  created_at: Instant
}

export type ConversationStatus = 'bot' | 'waiting' | 'open' | 'snoozed' | 'resolved'

export interface ConversationContact {
  id: Id
  name: string | null
  email: string | null
  identified: boolean
  city: string | null
  country: string | null
  tier: string | null
}

export interface Preview {
  text: string
  author_kind: AuthorKind
  kind: MessageKind
  at: Instant
}

export interface Conversation {
  id: Id
  number: number
  inbox_id: Id
  contact: ConversationContact
  status: ConversationStatus
  assignee_id: Id | null
  team_id: Id | null
  language: string | null
  tags: string[]
  last_seq: number
  agent_seen_seq: number
  contact_seen_seq: number
  unread: number
  preview: Preview | null
  waiting_since: Instant | null
  snoozed_until: Instant | null
  created_at: Instant
  updated_at: Instant
  resolved_at: Instant | null
}

export type View = 'mine' | 'waiting' | 'bot' | 'open' | 'snoozed' | 'resolved' | 'all'
export type Counts = Record<View, number>

export interface Draft {
  text: string
  kind: 'text' | 'note'
}

export interface ConversationPage {
  conversation: Conversation
  contact: Contact
  messages: { items: Message[]; has_more: boolean }
  summary: Summary | null
  draft: Draft | null
  position: number
}

export interface PostMessage {
  client_id: string
  kind: 'text' | 'note'
  text: string
  attachments: Id[]
  article?: { article_id: Id; language: Language }
  seen_seq?: number
}

export interface SearchResult {
  messages: { conversation: Conversation; message_id: Id; seq: number; snippet: string; at: Instant }[]
  contacts: Contact[]
  articles: { id: Id; title: string; language: Language; url: string | null }[]
}

export interface QueueItem {
  conversation_id: Id
  position: number
  waiting_since: Instant
  team_id: Id | null
  estimate_seconds: number | null
}

export interface Notification {
  id: Id
  kind: 'assigned' | 'waiting' | 'mention' | 'customer_reply' | 'import_done'
  conversation_id: Id | null
  data: Record<string, unknown>
  created_at: Instant
  read_at: Instant | null
}
