/** What a language model may do with a draft. Asked for once; without a model there is nothing of it on screen. */
import { computed, ref, shallowRef } from 'vue'
import { api, ok } from '@/app/api'
import type { Id, Server } from '@/app/wire'

type Status = Server['LanguageModelStatus']
type Made = Server['AgentText']
export type Tone = 'warm' | 'formal' | 'brief'

const status = shallowRef<Status | null>(null)
const asked = ref(false)

/** Whether agents may use it here now. */
export const modelReady = computed(() => status.value?.state === 'ready')

export async function loadModelStatus(): Promise<void> {
  if (asked.value) return
  asked.value = true
  try {
    status.value = await ok(api.GET('/bot/language-model'))
  } catch {
    // Asked again when the next conversation is opened.
    asked.value = false
  }
}

export const reword = (text: string, tone: Tone, id: Id): Promise<Made> =>
  ok(api.POST('/bot/language-model/rewrite', { body: { text, tone, conversation_id: id } }))

export const translated = (text: string, target: 'zh' | 'en', id: Id): Promise<Made> =>
  ok(api.POST('/bot/language-model/translate', { body: { text, target, conversation_id: id } }))

/** The sentence that says how it went, as a key of the catalogue. */
export function outcomeKey(outcome: Made['outcome']): string {
  if (outcome === 'done') return 'assist.wording_done'
  if (outcome === 'rejected' || outcome === 'over_budget') return `assist.wording_${outcome}`
  return 'assist.wording_failed'
}
