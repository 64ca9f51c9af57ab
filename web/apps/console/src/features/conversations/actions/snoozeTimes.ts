/** The moments a conversation may be put off to, in the agent's own time. */
export type SnoozeKey = 'hour' | 'evening' | 'tomorrow' | 'week'

function at(day: Date, days: number, hour: number): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hour, 0, 0, 0)
}

/** In an hour, this evening at 18:00 (only before 17:00), tomorrow at 9:00, next Monday at 9:00. */
export function snoozeTimes(now: Date): { key: SnoozeKey; until: Date }[] {
  const toMonday = (8 - now.getDay()) % 7 || 7
  return [
    { key: 'hour', until: new Date(now.getTime() + 3_600_000) },
    ...(now.getHours() < 17 ? [{ key: 'evening' as const, until: at(now, 0, 18) }] : []),
    { key: 'tomorrow', until: at(now, 1, 9) },
    { key: 'week', until: at(now, toMonday, 9) },
  ]
}

/** The value of a `datetime-local` field for a moment, in the reader's own zone. */
export function fieldTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`
}
