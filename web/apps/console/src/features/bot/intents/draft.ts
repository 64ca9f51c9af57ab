/** An intent as its form holds it: examples a line each. Pure. */
import type { Localised, Server } from '@/app/wire'

export type Intent = Server['Intent']
export interface IntentDraft {
  key: string
  name: Localised
  examples: string
}
export type IntentProblem = 'key' | 'name' | 'long' | 'many'

export const LONGEST = 300
export const MOST = 500
const KEY = /^[a-z0-9][a-z0-9_-]{0,59}$/

export const draftOf = (intent: Intent | null): IntentDraft =>
  intent ? { key: intent.key, name: { ...intent.name }, examples: intent.examples.map((one) => one.text).join('\n') } : { key: '', name: {}, examples: '' }

/** Each once, however it is written. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim()).filter(Boolean)
  const seen = new Map(lines.map((line) => [line.normalize('NFKC').toLowerCase(), line]))
  return [...seen.values()]
}

export function problemsOf(draft: IntentDraft): Set<IntentProblem> {
  const lines = linesOf(draft.examples)
  const found: [IntentProblem, boolean][] = [
    ['key', !KEY.test(draft.key.trim())],
    ['name', !draft.name.zh?.trim() && !draft.name.en?.trim()],
    ['long', lines.some((line) => line.length > LONGEST)],
    ['many', lines.length > MOST],
  ]
  return new Set(found.filter(([, wrong]) => wrong).map(([problem]) => problem))
}

/** What is sent: an example that was there keeps the language it had. */
export function bodyOf(draft: IntentDraft, before: Intent | null) {
  const languages = new Map(before?.examples.map((one) => [one.text, one.language]))
  const name = Object.fromEntries(Object.entries(draft.name).map(([language, text]) => [language, text?.trim() ?? '']).filter(([, text]) => text))
  return { key: draft.key.trim(), name, examples: linesOf(draft.examples).map((text) => ({ text, language: languages.get(text) ?? '' })) }
}
