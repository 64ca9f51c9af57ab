import { intlTag } from './format'
import type { Locale } from './index'

/** What `code` is called in the reader's language; the code itself when it is none that is known. */
function nameOf(type: 'region' | 'language', code: string, locale: Locale): string {
  try {
    return new Intl.DisplayNames(intlTag(locale), { type }).of(code) ?? code
  } catch {
    return code
  }
}

/** CN → 中国, China. */
export const regionName = (code: string, locale: Locale): string => (/^[A-Za-z]{2}$/.test(code) ? nameOf('region', code.toUpperCase(), locale) : code)

/** zh → 中文, Chinese. */
export const languageName = (tag: string, locale: Locale): string => nameOf('language', tag, locale)

/** Town and country as the language writes them: 杭州 · 中国, Hangzhou, China. Null when neither is known. */
export function placeName(town: string | null, region: string | null, locale: Locale): string | null {
  const parts = [town, region && regionName(region, locale)].filter(Boolean)
  return parts.length > 0 ? parts.join(locale === 'zh' ? ' · ' : ', ') : null
}
