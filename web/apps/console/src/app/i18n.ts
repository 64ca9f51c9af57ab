/**
 * Language of the interface. A catalogue `locales/<language>/<feature>.json` is the namespace `<feature>`:
 * the key "title" in `people.json` is written `t('people.title')`. Messages are compiled at build time; only the
 * reader's language is fetched.
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

const loaders: Record<Locale, () => Promise<{ default: Catalogue }>> = {
  zh: () => import('./messages.zh'),
  en: () => import('./messages.en'),
}

/** Fetches the language's messages if needed, then shows them, sets `<html lang>` and remembers the choice. */
export async function setLocale(locale: Locale): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale) || Object.keys(i18n.global.getLocaleMessage(locale)).length === 0) {
    i18n.global.setLocaleMessage(locale, (await loaders[locale]()).default as never)
  }
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
