/** Times in the reader's zone and language. */
import type { Locale } from '../visit/wire.ts'

const tag = (locale: Locale) => (locale === 'zh' ? 'zh-CN' : 'en')

export function clock(at: string, locale: Locale): string {
  return new Intl.DateTimeFormat(tag(locale), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(new Date(at))
}

export function exact(at: string, locale: Locale): string {
  return new Intl.DateTimeFormat(tag(locale), { dateStyle: 'long', timeStyle: 'short' }).format(new Date(at))
}

/** "今天", "昨天", else the date. */
export function day(at: string, locale: Locale, now = new Date()): string {
  const date = new Date(at)
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000)
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(tag(locale), { numeric: 'auto' }).format(-days, 'day')
    return word.charAt(0).toUpperCase() + word.slice(1)
  }
  const year = date.getFullYear() === now.getFullYear() ? undefined : ('numeric' as const)
  return new Intl.DateTimeFormat(tag(locale), { month: 'long', day: 'numeric', ...(year && { year }) }).format(date)
}


function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}
