/** The wire's shapes of knowledge, bot and analytics. Import them from `wire.ts`. */
import type { Id, Instant, Language, Localised } from './wire'

export interface Category {
  id: Id
  slug: string
  name: Localised
  description: Localised
  position: number
}

export interface Faq {
  id: Id
  slug: string | null
  language: Language
  category_id: Id | null
  question: string
  variants: string[]
  answer: string
  status: 'draft' | 'published'
  version: number
  updated_at: Instant
  updated_by: Id | null
  embedded: boolean
}

export interface Translation {
  language: Language
  title: string
  summary: string
  body: string
  status: 'draft' | 'published' | 'changed'
  version: number
  published_at: Instant | null
  url: string | null
  updated_at: Instant
}

export interface Article {
  id: Id
  slug: string
  category_id: Id | null
  position: number
  translations: Partial<Record<Language, Translation>>
  updated_at: Instant
}

export interface Import {
  id: Id
  file_name: string
  kind: 'auto' | 'faq' | 'article'
  status: 'queued' | 'running' | 'done' | 'failed'
  total: number | null
  done: number
  taken: number
  refused: number
  error_code: string | null
  created_at: Instant
  finished_at: Instant | null
}

export interface ImportProblem {
  source: string
  code: string
  message: string
  details: Record<string, unknown>
}

export interface Snippet {
  id: Id
  shortcut: string
  title: string
  body: Localised
}

export interface KnowledgeHit {
  kind: 'faq' | 'article'
  id: Id
  title: string
  language: Language
  excerpt: string
  url: string | null
}

export type Zone = 'answer' | 'offer' | 'hand_over' | 'small_talk'

export interface Candidate {
  entry_id: Id
  kind: 'faq' | 'article'
  title: string
  language: Language
  score: number
  lexical: number
  semantic: number | null
  matched: string
  url: string | null
}

export interface Timings {
  embed_ms: number
  search_ms: number
  total_ms: number
}

export interface BotTrial {
  zone: Zone
  confidence: number
  reason: string
  language: Language
  text: string
  candidates: Candidate[]
  thresholds: { answer: number; offer: number }
  version: string
  timings: Timings
  used_question: string
}

export interface BotTurn {
  id: Id
  conversation_id: Id
  message_id: Id
  question: string
  used_question: string
  zone: Zone
  confidence: number
  reason: string
  candidates: Candidate[]
  thresholds: { answer: number; offer: number }
  index_version: string
  model_version: string | null
  created_at: Instant
  timings: Timings
  helpful: boolean | null
}

export interface BotStatus {
  entries: number
  texts: number
  embedded: number
  pending: number
  model: 'ready' | 'loading' | 'unavailable'
  model_version: string | null
  index_version: string
  thresholds: { answer: number; offer: number; fitted_on: string; expected_wrong: number }
  answers_24h: number
}

export interface BotSettings {
  name: Localised
  disclosure: Localised
  target_wrong: number
  hand_over_when_unsure: boolean
  hand_over_text: Localised
  off_hours_text: Localised
}

export interface Unanswered {
  id: Id
  question: string
  language: Language
  count: number
  examples: string[]
  conversation_ids: Id[]
  last_at: Instant
  status: 'open' | 'answered' | 'dismissed'
  nearest: { entry_id: Id; title: string; score: number } | null
}

export interface Overview {
  from: Instant
  to: Instant
  totals: Record<
    | 'conversations'
    | 'bot_answered'
    | 'handed_over'
    | 'resolved'
    | 'unanswered'
    | 'waiting_now'
    | 'open_now'
    | 'bot_now'
    | 'online_agents',
    number
  >
  previous: Record<'conversations' | 'bot_answered' | 'handed_over' | 'resolved', number>
  first_response: { median_seconds: number | null; p90_seconds: number | null }
  resolution: { median_seconds: number | null; p90_seconds: number | null }
  bot_answer_rate: number | null
  by_day: {
    day: string
    conversations: number
    bot_answered: number
    handed_over: number
    resolved: number
    first_response_median_seconds: number | null
  }[]
  agents: {
    person_id: Id
    name: string
    resolved: number
    open: number
    first_response_median_seconds: number | null
  }[]
  definitions: string
}
