/** Special days as the console shows and writes them: holidays, worked weekends, days with hours of their own. */
import { api, ok } from '@/app/api'
import type { Id, Language, Localised, NewSpecialDay, SpecialDay } from '@/app/wire'
import { dayProblem, type Span } from './hours'

/** How people answer on a special day. */
export type Kind = 'closed' | 'own' | 'like'

/** One that is being written. `ours`: for this inbox alone. */
export interface Draft {
  first: string
  last: string
  name: Localised
  kind: Kind
  spans: Span[]
  like: number
  ours: boolean
}

export type DraftProblem = 'dates' | 'name' | 'hours'

type Days = Pick<SpecialDay, 'first' | 'last'>

/** Pages that are fetched at most: more days than a company may keep. */
const MAX_PAGES = 20
const MONDAY = 1

export const kindOf = ({ like, spans }: Pick<NewSpecialDay, 'like' | 'spans'>): Kind => (like ? 'like' : spans?.length ? 'own' : 'closed')

export function toDraft(day: SpecialDay | null, today: string): Draft {
  if (!day) return { first: today, last: today, name: {}, kind: 'closed', spans: [{ from: '09:00', to: '18:00' }], like: MONDAY, ours: false }
  const spans = day.spans.length ? day.spans.map((span) => ({ ...span })) : [{ from: '09:00', to: '18:00' }]
  return { first: day.first, last: day.last, name: { ...day.name }, kind: kindOf(day), spans, like: day.like ?? MONDAY, ours: day.inbox_id !== null }
}

export function fromDraft(draft: Draft, inboxId: Id): NewSpecialDay {
  const name = Object.fromEntries(Object.entries(draft.name).filter(([, text]) => text?.trim())) as Record<Language, string>
  return {
    first: draft.first,
    last: draft.last,
    name,
    spans: draft.kind === 'own' ? draft.spans : [],
    like: draft.kind === 'like' ? draft.like : null,
    inbox_id: draft.ours ? inboxId : null,
  }
}

/** What is wrong with a draft, or null. */
export function draftProblem(draft: Draft): DraftProblem | null {
  if (!draft.first || !draft.last || draft.last < draft.first) return 'dates'
  if (!Object.values(draft.name).some((text) => text?.trim())) return 'name'
  return draft.kind === 'own' && (!draft.spans.length || dayProblem(draft.spans)) ? 'hours' : null
}

/** Whether two have a day in common. */
export const meet = (one: Days, other: Days): boolean => one.first <= other.last && other.first <= one.last

/** How one that is offered stands to those that are kept: there already, in the way of one, or free to be added. */
export function standing(offered: NewSpecialDay, kept: readonly SpecialDay[], inboxId: Id | null): 'free' | 'there' | 'meets' {
  const inTheWay = kept.find((one) => one.inbox_id === inboxId && meet(one, offered))
  if (!inTheWay) return 'free'
  return inTheWay.first === offered.first && inTheWay.last === offered.last && kindOf(inTheWay) === kindOf(offered) ? 'there' : 'meets'
}

/** Places of those that are over: nobody adds them unless they choose to. */
export const over = (days: readonly Days[], today: string): Set<number> => new Set(days.flatMap((day, index) => (day.last < today ? [index] : [])))

/** "10月1日周四 – 10月7日周三"; the year where it is not this one. */
export function datesText({ first, last }: Days, locale: Language, now = new Date()): string {
  const [from, to] = [first, last].map((day) => new Date(`${day}T12:00:00Z`)) as [Date, Date]
  const near = from.getUTCFullYear() === now.getFullYear() && to.getUTCFullYear() === now.getFullYear()
  const format = new Intl.DateTimeFormat(locale === 'zh' ? 'zh-CN' : 'en', { month: 'short', day: 'numeric', weekday: 'short', timeZone: 'UTC', ...(near ? {} : { year: 'numeric' }) })
  return first === last ? format.format(from) : `${format.format(from)} – ${format.format(to)}`
}

/** Today where the clocks of the hours are, as 2026-11-23. */
export const todayIn = (timezone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: timezone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(new Date())

/** Every special day that counts for an inbox between two dates, earliest first. */
export async function loadDays(query: { inbox_id: Id; since?: string; until?: string }): Promise<SpecialDay[]> {
  const days: SpecialDay[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const found = await ok(api.GET('/special-days', { params: { query: { ...query, cursor } } }))
    days.push(...found.items)
    if (!found.next_cursor) break
    cursor = found.next_cursor
  }
  return days
}
