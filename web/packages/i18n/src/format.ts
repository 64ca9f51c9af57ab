import type { Locale } from './index'

/** What `Intl` and the document's `lang` call our language. */
export const intlTag = (locale: Locale): string => (locale === 'zh' ? 'zh-CN' : 'en')

const cache = new Map<string, unknown>()

function kept<T>(key: string, make: () => T): T {
  if (!cache.has(key)) cache.set(key, make())
  return cache.get(key) as T
}

type Instant = Date | string | number

const asDate = (instant: Instant): Date => (instant instanceof Date ? instant : new Date(instant))

export function formatNumber(value: number, locale: Locale, options: Intl.NumberFormatOptions = {}): string {
  const key = `n|${locale}|${JSON.stringify(options)}`
  return kept(key, () => new Intl.NumberFormat(intlTag(locale), options)).format(value)
}

export function formatMoney(amount: number, currency: string, locale: Locale): string {
  return formatNumber(amount, locale, { style: 'currency', currency })
}

export function formatPercent(share: number, locale: Locale, digits = 0): string {
  return formatNumber(share, locale, { style: 'percent', maximumFractionDigits: digits })
}

function formatWith(instant: Instant, locale: Locale, options: Intl.DateTimeFormatOptions): string {
  const key = `d|${locale}|${JSON.stringify(options)}`
  return kept(key, () => new Intl.DateTimeFormat(intlTag(locale), options)).format(asDate(instant))
}

/** The day: 2026年11月22日, Nov 22, 2026. `timeZone` is an IANA name; without it the reader's own zone. */
export function formatDate(instant: Instant, locale: Locale, timeZone?: string): string {
  return formatWith(instant, locale, { dateStyle: locale === 'zh' ? 'long' : 'medium', timeZone })
}

/** The clock: 09:05 in both languages, so that columns line up. */
export function formatTime(instant: Instant, locale: Locale, timeZone?: string): string {
  return formatWith(instant, locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone })
}

/** Day and clock with the zone, for the exact time behind a relative one. */
export function formatExact(instant: Instant, locale: Locale, timeZone?: string): string {
  const exact = formatWith(instant, locale, {
    year: 'numeric', month: locale === 'zh' ? 'long' : 'short', day: 'numeric',
    hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZoneName: 'short', timeZone,
  })
  // The zone after the clock in Chinese too, where it would stand between day and clock.
  return exact.replace(/ (\S+) ([\d:]+)$/, ' $2 $1')
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3_600], ['minute', 60],
]

/** In Chinese figures and Latin words stand apart from the characters beside them: 3 分钟前, Emma Wright 正在查看. */
export const apart = (words: string): string =>
  words.replace(/([\d\p{Script=Latin}])(?=\p{Script=Han})/gu, '$1 ').replace(/(\p{Script=Han})(?=[\d\p{Script=Latin}])/gu, '$1 ')

/** 刚刚, 3 分钟前, in 2 hours. Under 45 seconds either way is now. */
export function formatRelative(instant: Instant, locale: Locale, now: Instant = Date.now()): string {
  const seconds = (asDate(instant).getTime() - asDate(now).getTime()) / 1000
  if (Math.abs(seconds) < 45) return locale === 'zh' ? '刚刚' : 'now'
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['minute', 60]
  const count = Math.round(seconds / size) || Math.sign(seconds)
  return apart(kept(`r|${locale}`, () => new Intl.RelativeTimeFormat(intlTag(locale), { numeric: 'auto' })).format(count, unit))
}

/** For lists: the clock today, the weekday within a week, then the day. */
export function formatListTime(instant: Instant, locale: Locale, now: Instant = Date.now()): string {
  const at = asDate(instant)
  const today = asDate(now)
  if (at.toDateString() === today.toDateString()) return formatTime(at, locale)
  const days = (today.getTime() - at.getTime()) / 86_400_000
  if (days >= 0 && days < 6) return formatWith(at, locale, { weekday: 'short' })
  const year = at.getFullYear() === today.getFullYear() ? undefined : 'numeric'
  return formatWith(at, locale, { year, month: 'numeric', day: 'numeric' })
}

/** A span of time for clocks and charts: 45 秒, 3 分 20 秒, 2 小时 5 分; 45s, 3m 20s, 2h 5m. Two parts at most; a line never breaks in it. */
export function formatDuration(seconds: number, locale: Locale): string {
  const names = locale === 'zh' ? ['天', '小时', '分', '秒'] : ['d', 'h', 'm', 's']
  const whole = Math.max(0, Math.round(seconds))
  const amounts = [Math.floor(whole / 86_400), Math.floor(whole / 3_600) % 24, Math.floor(whole / 60) % 60, whole % 60]
  const first = amounts.findIndex((amount) => amount > 0)
  if (first < 0) return locale === 'zh' ? '0\u00a0秒' : '0s'
  const parts = [first, first + 1].filter((index) => amounts[index]).map((index) => `${amounts[index]}${names[index]}`)
  return (locale === 'zh' ? apart(parts.join('')) : parts.join(' ')).replaceAll(' ', '\u00a0')
}
