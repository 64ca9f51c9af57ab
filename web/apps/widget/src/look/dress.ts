/** Puts the inbox's look on the page: theme, brand colours, language. All through the CSSOM, which a strict CSP allows. */
import type { Inbox, Locale } from '../visit/wire.ts'
import { brandFrom, parseColour, type Rgb } from './contrast.ts'

const CELADON: Rgb = [31, 122, 109]
const SURFACES: Record<'light' | 'dark', Rgb> = { light: [255, 255, 255], dark: [26, 34, 33] }

export interface Worn {
  colour: string
  ink: string
}

/** Returns what the launcher needs to wear the same colour. */
export function dress(inbox: Inbox | null, locale: Locale): Worn {
  const root = document.documentElement
  const theme = inbox?.settings.theme ?? 'system'
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches)
  const brand = brandFrom(parseColour(inbox?.settings.colour) ?? CELADON, SURFACES[dark ? 'dark' : 'light'])
  root.lang = locale === 'zh' ? 'zh-CN' : 'en'
  if (theme === 'system') delete root.dataset['theme']
  else root.dataset['theme'] = theme
  root.dataset['radius'] = inbox?.settings.radius ?? 'round'
  for (const [name, value] of Object.entries(brand)) root.style.setProperty(`--brand-${name.toLowerCase()}`, value)
  return { colour: brand.fill, ink: brand.onFill }
}
