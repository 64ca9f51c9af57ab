/** The two dictionaries, and choosing between them. */
import type { Locale, Localised } from '../visit/wire.ts'
import type { Words } from './zh.ts'

export type { Words }

/** One dictionary is fetched: the reader's. */
export async function loadWords(locale: Locale): Promise<Words> {
  return locale === 'zh' ? (await import('./zh.ts')).zh : (await import('./en.ts')).en
}

/** Any Chinese is `zh`; everything else reads English. */
export function nearest(tag: string | null | undefined): Locale {
  return /^zh\b/i.test(tag ?? '') ? 'zh' : 'en'
}

export function fill(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The text in the reader's language, else in the other one, else nothing. */
export function inLocale(text: Localised | null | undefined, locale: Locale): string {
  return text?.[locale] || text?.[locale === 'zh' ? 'en' : 'zh'] || ''
}

/** Place in the queue in words: position 1 is next. */
export function queueWords(words: Words, queue: { position: number; estimate_seconds: number | null }): string[] {
  const place = queue.position <= 1 ? words.queueNext : fill(words.queueAhead, { n: queue.position - 1 })
  if (queue.estimate_seconds === null) return [place]
  const minutes = Math.round(queue.estimate_seconds / 60)
  return [place, minutes < 1 ? words.queueSoon : fill(words.queueAbout, { n: minutes })]
}
