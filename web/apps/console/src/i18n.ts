/** The console's messages: one JSON file a feature and language under `locales/`, compiled at build time. */
import { detectLocale, type Locale } from '@qiao/i18n'
import { createI18n } from 'vue-i18n'
import en from './locales/en/shell.json'
import zh from './locales/zh/shell.json'

export const i18n = createI18n({
  legacy: false,
  locale: detectLocale(),
  fallbackLocale: 'en',
  messages: { en: { shell: en }, zh: { shell: zh } },
})

/** Switch the language of everything on screen, and tell the document so that screen readers and line breaking follow. */
export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
}

setLocale(i18n.global.locale.value as Locale)
