/** A summary as somebody corrects it before it is kept. */
import { reactive, ref, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, ok } from '@/app/api'
import { putMessage } from '@/app/conversations'
import { readMessage } from '@/app/content'
import { toastProblem } from '@/app/toasts'
import type { Id, SummaryDraft } from '@/app/wire'
import { factLines, factsOf, linesOf } from './strip'

export interface SummaryForm {
  wants: string
  tried: string
  promises: string
  entities: string
  mood: SummaryDraft['mood']
}

export interface Summarising {
  form: SummaryForm
  loading: Ref<boolean>
  language: Ref<string>
  load: (id: Id) => Promise<void>
  /** Stores it as a note; false when it could not be stored. Tried again, it is stored once. */
  keep: (id: Id) => Promise<boolean>
}

export function useSummary(): Summarising {
  const { t } = useI18n()
  const form = reactive<SummaryForm>({ wants: '', tried: '', promises: '', entities: '', mood: 'calm' })
  const loading = ref(true)
  const language = ref('zh')
  const clientId = crypto.randomUUID()
  const params = (id: Id) => ({ params: { path: { conversation_id: id } } })

  async function load(id: Id): Promise<void> {
    loading.value = true
    try {
      const draft = await ok(api.GET('/bot/assist/conversations/{conversation_id}/summary', params(id)))
      Object.assign(form, {
        wants: draft.wants,
        tried: draft.tried.join('\n'),
        promises: draft.promises.join('\n'),
        entities: factLines(draft.entities, t('conversations.colon')),
        mood: draft.mood,
      })
      language.value = draft.language
    } catch (error) {
      toastProblem(error)
    } finally {
      loading.value = false
    }
  }

  async function keep(id: Id): Promise<boolean> {
    const body = {
      client_id: clientId,
      wants: form.wants.trim(),
      tried: linesOf(form.tried),
      promises: linesOf(form.promises),
      entities: factsOf(form.entities),
      mood: form.mood,
    }
    try {
      putMessage(readMessage(await ok(api.POST('/bot/assist/conversations/{conversation_id}/summary', { ...params(id), body }))))
      return true
    } catch (error) {
      toastProblem(error)
      return false
    }
  }

  return { form, loading, language, load, keep }
}
