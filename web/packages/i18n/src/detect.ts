import type { Locale } from './index'

const STORED = 'qiao.locale'

/** The nearest language we have: any Chinese is `zh`, everything else `en`. */
export function nearestLocale(tags: readonly string[]): Locale {
  for (const tag of tags) {
    if (/^zh\b/i.test(tag)) return 'zh'
    if (/^en\b/i.test(tag)) return 'en'
  }
  return 'en'
}

/** What the person chose before, else what the browser asks for. */
export function detectLocale(): Locale {
  const stored = readStored()
  return stored ? nearestLocale([stored]) : nearestLocale(navigator.languages)
}

export function rememberLocale(locale: Locale): void {
  try {
    localStorage.setItem(STORED, locale)
  } catch {
    // Storage can be blocked; the choice then lasts as long as the page.
  }
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}
