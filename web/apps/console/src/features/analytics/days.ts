/** Days of the report, which come as "2026-11-21" in the workspace's zone and must not be moved by the reader's. */
import { intlTag, type Locale } from '@qiao/i18n'

const asDate = (day: string): Date => new Date(`${day}T12:00:00Z`)

/** 11/21 or 21 Nov, for axes. */
export const shortDay = (day: string, locale: Locale): string =>
  asDate(day).toLocaleDateString(intlTag(locale), { month: locale === 'zh' ? 'numeric' : 'short', day: 'numeric', timeZone: 'UTC' })

/** With the weekday, for the reading under the pointer. */
export const longDay = (day: string, locale: Locale): string =>
  asDate(day).toLocaleDateString(intlTag(locale), { month: 'long', day: 'numeric', weekday: 'short', timeZone: 'UTC' })
