/** What the strip above the editor shows, and what its keys mean. Pure. */
import { isComposing } from '@/app/shortcuts'
import type { Assistance, Localised, SuggestedAnswer, SuggestedSnippet } from '@/app/wire'

export type Chip =
  | { key: string; kind: 'answer'; title: string; answer: SuggestedAnswer }
  | { key: string; kind: 'snippet'; title: string; snippet: SuggestedSnippet }

const MOST = 3

/** Answers first; canned replies fill what is left of three places. */
export function chipsOf(seen: Assistance): Chip[] {
  const answers = seen.answers.map((answer): Chip => ({ key: answer.entry_id, kind: 'answer', title: answer.title, answer }))
  const snippets = seen.snippets.map((snippet): Chip => ({ key: snippet.id, kind: 'snippet', title: snippet.title, snippet }))
  return [...answers, ...snippets].slice(0, MOST)
}

/** Alt+1 to Alt+3, wherever the digit stands on the keyboard: 0 to 2; null for every other key. */
export function chipKey(event: KeyboardEvent): number | null {
  if (isComposing(event) || !event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return null
  const digit = /^(?:Digit|Numpad)([1-3])$/.exec(event.code)?.[1]
  return digit ? Number(digit) - 1 : null
}

/** Nothing changes under somebody's hands: while a text is being written, what is new waits. */
export function takes(shown: Assistance | null, next: Assistance, writing: boolean): boolean {
  return shown === null || !writing || shown.conversation_id !== next.conversation_id
}

/** Lines of a field as a list; empty ones are left out. */
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.trim()).filter((line) => line !== '')

/** "Order: SO1" a line, as a record; what has no name is left out. The last of a name counts. */
export function factsOf(text: string): Record<string, string> {
  const pairs = linesOf(text).flatMap((line) => {
    const at = line.search(/[:：]/)
    const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    return at > 0 && name && value ? [[name, value] as const] : []
  })
  return Object.fromEntries(pairs)
}

export const factLines = (facts: Record<string, string>, colon: string): string =>
  Object.entries(facts).map(([name, value]) => `${name}${colon}${value}`).join('\n')

/** Words of a rule as they are typed: separated by commas of any kind, pauses or lines. */
export const wordsOf = (text: string): string[] => [...new Set(text.split(/[,，、;；\n]/).map((word) => word.trim()).filter((word) => word !== ''))]

/** The text of a canned reply in the customer's language when it has one. */
export const bodyOf = (snippet: { body: Localised }): string => Object.values(snippet.body).find((text) => !!text) ?? ''
