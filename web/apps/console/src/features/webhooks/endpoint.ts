/** What a form of an endpoint holds, and what becomes of it. */
import type { Server } from '@/app/wire'

export type Endpoint = Server['Endpoint']
export type WebhookDelivery = Server['Delivery']
export type Health = 'off' | 'failing' | 'behind' | 'well' | 'new'

export interface HeaderDraft {
  name: string
  value: string
  /** It has a value on the server, which nobody sees: empty here means that it stays. */
  kept: boolean
}

export interface EndpointDraft {
  url: string
  description: string
  events: string[]
  inboxIds: string[]
  ordered: boolean
  headers: HeaderDraft[]
}

export const TONES = { off: 'neutral', failing: 'urgent', behind: 'warning', well: 'good', new: 'neutral' } as const
export const STATE_TONES = { waiting: 'warning', delivered: 'good', failed: 'urgent' } as const

export function healthOf(endpoint: Endpoint): Health {
  if (!endpoint.enabled) return 'off'
  if (endpoint.failing_since) return 'failing'
  if (endpoint.behind) return 'behind'
  return endpoint.last_success_at ? 'well' : 'new'
}

export function draftOf(endpoint: Endpoint | null): EndpointDraft {
  return {
    url: endpoint?.url ?? '',
    description: endpoint?.description ?? '',
    events: [...(endpoint?.events ?? [])],
    inboxIds: [...(endpoint?.inbox_ids ?? [])],
    ordered: endpoint?.ordered ?? false,
    headers: (endpoint?.header_names ?? []).map((name) => ({ name, value: '', kept: true })),
  }
}

/** Rows that nobody filled in are nothing. */
export function bodyOf(draft: EndpointDraft): Server['NewEndpoint'] {
  return {
    url: draft.url.trim(),
    description: draft.description.trim(),
    events: draft.events,
    inbox_ids: draft.inboxIds,
    ordered: draft.ordered,
    headers: draft.headers.filter((one) => one.name.trim()).map((one) => ({ name: one.name.trim(), value: one.kept && !one.value ? null : one.value })),
    enabled: true,
  }
}

export const isAddress = (url: string): boolean => /^https?:\/\/[^\s/]+/.test(url.trim())

export interface Bar {
  day: string
  delivered: number
  failed: number
}

/** The last `count` days up to `today` (YYYY-MM-DD, UTC), also those without a try. */
export function barsOf(days: readonly Bar[], today: string, count = 14): Bar[] {
  const known = new Map(days.map((one) => [one.day, one]))
  return Array.from({ length: count }, (_, place) => {
    const day = new Date(Date.parse(`${today}T00:00:00Z`) - (count - 1 - place) * 86_400_000).toISOString().slice(0, 10)
    return known.get(day) ?? { day, delivered: 0, failed: 0 }
  })
}

/** JSON as people read it; what is none stays as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

/** Of so many that were queued again: how many still wait. What waited before them is behind them or gone first. */
export const leftOf = (count: number, waiting: number): number => Math.min(count, waiting)
