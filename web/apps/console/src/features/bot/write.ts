/** Sending somebody to the knowledge pages with a FAQ begun: the draft travels in the history state, not in the address. */
import type { Router } from 'vue-router'
import { api, ok } from '@/app/api'
import type { Id } from '@/app/wire'
import { withVariant } from './scale'

export interface FaqBeginning {
  question: string
  language: string
  variants?: string[]
  from_unanswered?: Id
}

export function writeFaq(router: Router, beginning: FaqBeginning): Promise<unknown> {
  const faq = { variants: [], ...beginning, return_to: router.currentRoute.value.fullPath }
  return router.push({ path: '/knowledge/faqs', query: { new: '1' }, state: { faq } })
}

/** Adds a wording to a FAQ that exists. False when it is there already. Safe to try again. */
export async function addVariant(entryId: Id, wording: string): Promise<boolean> {
  const path = { faq_id: entryId }
  const faq = await ok(api.GET('/knowledge/faqs/{faq_id}', { params: { path } }))
  const variants = withVariant(faq.question, faq.variants, wording)
  if (variants) await ok(api.PATCH('/knowledge/faqs/{faq_id}', { params: { path }, body: { variants } }))
  return variants !== null
}
