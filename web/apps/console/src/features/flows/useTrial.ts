/** A trial of the draft: what was said, where it stands, and which tool waits for the answer that the editor chooses. */
import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { currentLocale } from '@/app/i18n'
import { useAction } from '@/app/pages/actions'
import { toastProblem } from '@/app/toasts'
import type { Language, StoredFile } from '@/app/wire'
import { OPEN, type FlowTrial, type Simulated } from './model/shapes'
import type { FlowEditor } from './useFlow'

type Call = FlowTrial['calls'][number]
export type Line = { who: 'customer'; text: string } | { who: 'bot'; text: string; content: TriedContent | null; file: StoredFile | null } | { who: 'tool'; call: Call; answer: string }
export interface TriedOption {
  value: string
  label: string
}
export interface TriedCard {
  title: string
  status?: string
  fields?: { label: string; value: string }[]
  rows?: { text: string; note?: string }[]
  style?: 'list' | 'timeline'
  link?: string
  link_text?: string
}
export type TriedContent = { type: 'flow'; options: TriedOption[]; skippable: boolean } | { type: 'card'; card: TriedCard } | { type: 'answer' }

export interface Trying {
  lines: ShallowRef<readonly Line[]>
  last: ShallowRef<FlowTrial | null>
  language: Ref<Language>
  signedIn: Ref<boolean>
  busy: Ref<boolean>
  /** The tool that waits for an answer. */
  wanted: ComputedRef<Call | null>
  options: ComputedRef<TriedOption[]>
  skippable: ComputedRef<boolean>
  begin: (text: string) => Promise<boolean>
  say: (text: string) => Promise<boolean>
  answer: (result: Simulated, words: string) => Promise<boolean>
  clear: () => void
}

export function useTrial(flow: FlowEditor): Trying {
  const lines = shallowRef<readonly Line[]>([])
  const last = shallowRef<FlowTrial | null>(null)
  const language = ref<Language>(currentLocale())
  const signedIn = ref(true)
  const { busy, run } = useAction(toastProblem)

  const wanted = computed(() => last.value?.calls.find((call) => call.node === last.value?.wants && !call.simulated) ?? null)
  const content = computed(() => {
    const line = lines.value.findLast((one) => one.who === 'bot')
    return line?.who === 'bot' && line.content?.type === 'flow' && !last.value?.over ? line.content : null
  })

  async function step(text: string, line: Line | null, results: Record<string, Simulated> = {}, fresh = false): Promise<boolean> {
    return run(async () => {
      if (fresh) clear()
      if (line) lines.value = [...lines.value, line]
      if (flow.writable) await flow.flush()
      const body = { text, language: language.value, signed_in: signedIn.value, results, ...(last.value ? { state: last.value.state } : {}) }
      const trial = await ok(api.POST('/bot/flows/{flow_id}/try', { params: { path: { flow_id: flow.id } }, body }))
      lines.value = [...lines.value, ...trial.messages.map((one): Line => ({ who: 'bot', text: one.text, content: one.content as TriedContent | null, file: one.file ?? null }))]
      last.value = trial
      flow.trial.value = trial.state
    })
  }
  function clear(): void {
    lines.value = []
    last.value = null
    flow.trial.value = null
  }
  return {
    lines, last, language, signedIn, busy, wanted, clear,
    options: computed(() => content.value?.options ?? []),
    skippable: computed(() => content.value?.skippable ?? false),
    begin: (text) => step(text, text ? { who: 'customer', text } : null, {}, true),
    say: (text) => step(text, { who: 'customer', text }),
    answer: (result, words) => {
      const call = wanted.value
      return call ? step('', { who: 'tool', call, answer: words }, { [call.node || OPEN]: result }) : Promise.resolve(false)
    },
  }
}
