/**
 * Opening hours as the editor shows them: seven days, each with any number of spans.
 * The wire groups days that share a span; `toWeek` and `fromWeek` go between the two without losing anything.
 */
import type { Hours } from '@/app/wire'

type HoursSpan = Hours['spans'][number]

export interface Span {
  from: string
  to: string
}

/** Index 0 is Monday. */
export type Week = Span[][]

export type HoursProblem = 'empty' | 'backwards' | 'overlap'

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const

const MINUTES_A_DAY = 24 * 60

/** Minutes after midnight, or null when it is not a clock time. 24:00 is allowed as an end. */
export function minutesOf(clock: string): number | null {
  const match = /^(\d{1,2}):(\d{2})$/.exec(clock)
  if (!match) return null
  const minutes = Number(match[1]) * 60 + Number(match[2])
  return Number(match[2]) < 60 && minutes <= MINUTES_A_DAY ? minutes : null
}

/** What people type for a time, as 09:30: "9", "930", "9:30" and full-width "9：30" included. Null when it is none. */
export function readClock(typed: string): string | null {
  const text = typed.trim().replace('：', ':').replace('.', ':')
  const match = /^(\d{1,2}):?(\d{2})?$/.exec(text)
  const minutes = match ? minutesOf(`${match[1]}:${match[2] ?? '00'}`) : null
  return minutes === null ? null : clockOf(minutes)
}

/** The id of the one list of half hours that every clock field offers. */
export const HALF_HOURS_LIST = 'half-hours'

/** Half hours of a day, to choose from. */
export const HALF_HOURS = Array.from({ length: 49 }, (_, index) => clockOf(index * 30))

export function clockOf(minutes: number): string {
  const kept = Math.min(Math.max(minutes, 0), MINUTES_A_DAY)
  return `${String(Math.floor(kept / 60)).padStart(2, '0')}:${String(kept % 60).padStart(2, '0')}`
}

export function toWeek(hours: Pick<Hours, 'spans'>): Week {
  const week: Week = WEEKDAYS.map(() => [])
  for (const span of hours.spans) {
    for (const day of span.days) week[day - 1]?.push({ from: span.from, to: span.to })
  }
  return week.map(inOrder)
}

export function fromWeek(week: Week): HoursSpan[] {
  const daysBySpan = new Map<string, number[]>()
  for (const [index, spans] of week.entries()) {
    for (const span of inOrder(spans)) {
      const key = `${span.from}-${span.to}`
      daysBySpan.set(key, [...(daysBySpan.get(key) ?? []), index + 1])
    }
  }
  return [...daysBySpan].map(([key, days]) => {
    const [from = '', to = ''] = key.split('-')
    return { days, from, to }
  })
}

/** What is wrong with one day, or null. */
export function dayProblem(spans: readonly Span[]): HoursProblem | null {
  let last = -1
  for (const span of inOrder(spans)) {
    const from = minutesOf(span.from)
    const to = minutesOf(span.to)
    if (from === null || to === null) return 'empty'
    if (to <= from) return 'backwards'
    if (from < last) return 'overlap'
    last = to
  }
  return null
}

export const weekIsSound = (week: Week): boolean => week.every((spans) => dayProblem(spans) === null)

/** Where a further span fits: an hour after the last one, four hours long, never past midnight. Null when the day is full. */
export function nextSpan(spans: readonly Span[]): Span | null {
  const last = inOrder(spans).at(-1)
  if (!last) return { from: '09:00', to: '18:00' }
  const end = minutesOf(last.to) ?? MINUTES_A_DAY
  if (end >= MINUTES_A_DAY - 60) return null
  const from = Math.min(end + 60, MINUTES_A_DAY - 60)
  return { from: clockOf(from), to: clockOf(Math.min(from + 240, MINUTES_A_DAY - 1)) }
}

/** The week with one day's spans given to the days named (0 = Monday). */
export function copyDay(week: Week, source: number, targets: readonly number[]): Week {
  const spans = week[source] ?? []
  return week.map((own, day) => (targets.includes(day) ? spans.map((span) => ({ ...span })) : own))
}

export function hoursAWeek(week: Week): number {
  const minutes = week.flat().reduce((sum, span) => sum + Math.max(0, (minutesOf(span.to) ?? 0) - (minutesOf(span.from) ?? 0)), 0)
  return Math.round(minutes / 6) / 10
}

function inOrder(spans: readonly Span[]): Span[] {
  return [...spans].sort((a, b) => (minutesOf(a.from) ?? 0) - (minutesOf(b.from) ?? 0))
}
