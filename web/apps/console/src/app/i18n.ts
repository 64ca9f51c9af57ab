/**
 * Language of the interface. A catalogue `locales/<language>/<feature>.json` is the namespace `<feature>`:
 * the key "title" in `people.json` is written `t('people.title')`. Messages are compiled at build time; only the
 * reader's language is fetched, the first screen's part before the rest.
 */
import { detectLocale, rememberLocale, intlTag, type Locale } from '@qiao/i18n'
import { setUiLocale } from '@qiao/ui'
import { createI18n } from 'vue-i18n'
import type { Localised } from './wire'

type Catalogue = Record<string, unknown>

export const i18n = createI18n<false>({
  legacy: false,
  locale: detectLocale(),
  fallbackLocale: false,
  missingWarn: import.meta.env.DEV,
  fallbackWarn: false,
  messages: {},
})

type Loaders = Record<Locale, () => Promise<{ default: Catalogue }>>
const first: Loaders = { zh: () => import('./messages.zh'), en: () => import('./messages.en') }
const further: Loaders = { zh: () => import('./further.zh'), en: () => import('./further.en') }
const wholes = new Map<Locale, Promise<void>>()

/** Resolves when every page's messages of the present language are here. */
export function allMessages(locale: Locale = currentLocale()): Promise<void> {
  const whole = wholes.get(locale) ?? further[locale]().then(({ default: rest }) => i18n.global.mergeLocaleMessage(locale, rest as never))
  wholes.set(locale, whole)
  return whole
}

/** Fetches the language's messages if needed, then shows them, sets `<html lang>` and remembers the choice. */
export async function setLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale) || Object.keys(i18n.global.getLocaleMessage(locale)).length === 0) {
    i18n.global.setLocaleMessage(locale, (await first[locale]()).default as never)
  }
  // The rest follows by itself at start; a later change of language waits for it, since any page may be on screen.
  const rest = allMessages(locale)
  if (i18n.global.locale.value !== locale) await rest
  i18n.global.locale.value = locale
  document.documentElement.lang = intlTag(locale)
  setUiLocale(locale)
  rememberLocale(locale)
}

export function currentLocale(): Locale {
  return i18n.global.locale.value as Locale
}

/** The text in the reader's language, else in the other one. */
export function localised(text: Localised | null | undefined): string {
  if (!text) return ''
  const locale = currentLocale()
  return text[locale] || text[locale === 'zh' ? 'en' : 'zh'] || ''
}

export function translate(key: string, named: Record<string, unknown> = {}): string {
  return i18n.global.t(key, named)
}
