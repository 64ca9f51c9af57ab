/** What the FAQ drawer holds while somebody writes, and what goes to the server. */
import type { Audience, Faq, Id, Language } from '@/app/wire'

export interface FaqDraft {
  language: Language
  category_id: Id | null
  question: string
  /** One variant a line, as it is typed and pasted. */
  variants: string
  answer: string
  publish: boolean
  /** Who may read it once it is published. */
  audience: Audience
  from_unanswered?: Id
}

/** What another page hands over in the browser's history state to have a FAQ begun. */
export interface FaqStart {
  question: string
  language: Language
  variants: string[]
  from_unanswered?: Id
  /** Where to go back to when the drawer closes. */
  return_to?: string
}

export const newDraft = (language: Language, start?: FaqStart): FaqDraft => ({
  language: start?.language ?? language,
  category_id: null,
  question: start?.question ?? '',
  variants: (start?.variants ?? []).join('\n'),
  answer: '',
  publish: true,
  audience: 'everyone',
  ...(start?.from_unanswered ? { from_unanswered: start.from_unanswered } : {}),
})

export const draftOf = (faq: Faq): FaqDraft => ({
  language: faq.language,
  category_id: faq.category_id,
  question: faq.question,
  variants: faq.variants.join('\n'),
  answer: faq.answer,
  publish: faq.status === 'published',
  audience: faq.audience,
})

/** Variants as typed: trimmed, no blank lines, none twice, none the same as the question. */
export function variantsOf(text: string, question = ''): string[] {
  const seen = new Set([question.trim().toLowerCase()])
  return text.split('\n').map((line) => line.trim()).filter((line) => {
    const known = seen.has(line.toLowerCase())
    seen.add(line.toLowerCase())
    return line !== '' && !known
  })
}

export type FaqProblem = 'question' | 'answer'

/** A draft may stay without an answer; a published one may not. */
export function problemsOf(draft: FaqDraft): Set<FaqProblem> {
  const found = new Set<FaqProblem>()
  if (!draft.question.trim()) found.add('question')
  if (draft.publish && !draft.answer.trim()) found.add('answer')
  return found
}

export const bodyOf = (draft: FaqDraft) => ({
  language: draft.language,
  category_id: draft.category_id,
  question: draft.question.trim(),
  variants: variantsOf(draft.variants, draft.question),
  answer: draft.answer.trim(),
  publish: draft.publish,
  audience: draft.audience,
})

/** Reads what another page left in the history state; anything else there is ignored. */
export function startFrom(state: unknown): FaqStart | undefined {
  const given = typeof state === 'object' && state !== null && 'faq' in state ? (state as { faq: unknown }).faq : null
  return typeof given === 'object' && given !== null && 'question' in given ? (given as FaqStart) : undefined
}
