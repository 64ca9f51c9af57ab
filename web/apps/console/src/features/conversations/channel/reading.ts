/**
 * What channels add to a message: it came as an answer to another, was changed or taken back, holds a place or a form, has files that
 * are not here yet. The server keeps it in the message's free content; read here once, and only what is understood.
 */
import type { Message } from '@/app/wire'

export interface Beside {
  quotedSeq: number | null
  edited: boolean
  recalled: boolean
  hidden: boolean
  deleted: boolean
  reactions: [emoji: string, count: number][]
  automatic: boolean
  subject: string
  notes: string[]
  thread: boolean
}

export interface Pending {
  kind: string
  name: string
}

export type Part =
  | { type: 'place'; latitude: number; longitude: number; name: string; address: string }
  | { type: 'card'; title: string; text: string; url: string; image: string; facts: [string, string][] }
  | { type: 'form'; fields: [string, string][] }
  | { type: 'template'; name: string; language: string }
  | { type: 'tagged' }

type Raw = Record<string, unknown>
const isRaw = (value: unknown): value is Raw => typeof value === 'object' && value !== null && !Array.isArray(value)
const words = (value: unknown): string => (typeof value === 'string' ? value : '')
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const contentOf = (message: Pick<Message, 'content'>): Raw => (isRaw(message.content) ? (message.content as Raw) : {})

/** Null when the channel added nothing. */
export function besideOf(message: Pick<Message, 'content'>): Beside | null {
  const raw = contentOf(message)['channel']
  if (!isRaw(raw) || Object.keys(raw).length === 0) return null
  const reactions = isRaw(raw['reactions']) ? Object.entries(raw['reactions']).filter((pair): pair is [string, number] => typeof pair[1] === 'number' && pair[1] > 0) : []
  return {
    quotedSeq: typeof raw['quoted_seq'] === 'number' ? raw['quoted_seq'] : null,
    edited: raw['edited'] === true,
    recalled: raw['recalled'] === true,
    hidden: raw['hidden'] === true,
    deleted: raw['deleted'] === true,
    reactions,
    automatic: raw['automatic'] === true,
    subject: words(raw['subject']),
    notes: list(raw['notes']).map(words).filter(Boolean),
    thread: raw['thread'] === true || isRaw(raw['thread']),
  }
}

/** What stands in the message beside its text. */
export function partOf(message: Pick<Message, 'content'>): Part | null {
  const raw = contentOf(message)
  switch (raw['type']) {
    case 'place':
      return { type: 'place', latitude: Number(raw['latitude']), longitude: Number(raw['longitude']), name: words(raw['name']), address: words(raw['address']) }
    case 'card':
      // A flow's own card has its words in the text already.
      return isRaw(raw['card']) ? null : { type: 'card', title: words(raw['title']), text: words(raw['text']), url: safeLink(raw['url']), image: safeLink(raw['image_url']), facts: pairs(list(raw['facts'])) }
    case 'form':
      return { type: 'form', fields: isRaw(raw['fields']) ? Object.entries(raw['fields']).map(([name, value]) => [name, String(value)]) : pairs(list(raw['fields'])) }
    case 'template':
      return { type: 'template', name: words(raw['name']), language: words(raw['language']) }
    case 'text':
      return raw['tagged'] === true ? { type: 'tagged' } : null
    default:
      return null
  }
}

/** Files of the customer that are still being fetched. */
export const fetchingOf = (message: Pick<Message, 'content'>): Pending[] =>
  list(contentOf(message)['fetching']).filter(isRaw).map((one) => ({ kind: kindWord(one['kind']), name: words(one['name']) }))

/** Files that could not be fetched, and why. */
export const lostOf = (message: Pick<Message, 'content'>): (Pending & { reason: string })[] =>
  list(contentOf(message)['lost']).filter(isRaw).map((one) => ({ kind: kindWord(one['kind']), name: words(one['name']), reason: words(one['reason']) }))

/** That the message has a layout of its own to be looked at, and how many pictures from elsewhere are left out of it. */
export function originalOf(message: Pick<Message, 'content'>): { elsewhere: number } | null {
  const raw = contentOf(message)['original']
  return isRaw(raw) && words(raw['file_id']) ? { elsewhere: typeof raw['elsewhere'] === 'number' ? raw['elsewhere'] : 0 } : null
}

/** Where that page is; the server leaves pictures from elsewhere out unless it is told otherwise. */
export const originalAddress = (message: Pick<Message, 'conversation_id' | 'seq'>, elsewhere: boolean): string =>
  `/api/v1/conversations/${message.conversation_id}/messages/${message.seq}/original${elsewhere ? '?elsewhere=true' : ''}`

export const hasExtras = (message: Pick<Message, 'content'>): boolean =>
  originalOf(message) !== null || besideOf(message) !== null || partOf(message) !== null || fetchingOf(message).length > 0 || lostOf(message).length > 0

/** A link of the map that shows the place; the same that customers without a map are sent. */
export const mapLink = (place: { latitude: number; longitude: number }): string =>
  `https://www.openstreetmap.org/?mlat=${place.latitude}&mlon=${place.longitude}#map=16/${place.latitude}/${place.longitude}`

const kindWord = (value: unknown): string => (['image', 'voice', 'video'].includes(words(value)) ? words(value) : 'file')
const pairs = (value: unknown[]): [string, string][] => value.filter((pair): pair is [unknown, unknown] => Array.isArray(pair) && pair.length === 2).map(([name, told]) => [String(name), String(told)])
const safeLink = (value: unknown): string => (/^(https?:\/\/|\/)/i.test(words(value)) ? words(value) : '')
