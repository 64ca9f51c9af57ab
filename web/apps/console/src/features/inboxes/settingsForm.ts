/** The state of one settings form: what is typed, what of it is wrong, what of it must be sent. */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, ok } from '@/app/api'
import { useAction } from '@/app/pages/actions'
import type { Inbox, SettingField } from '@/app/wire'
import { changesOf, problemsOf, valuesOf, type SettingProblem, type SettingValues } from './settings'

export interface SettingsForm {
  values: Ref<SettingValues>
  problems: ComputedRef<Record<string, SettingProblem>>
  dirty: ComputedRef<boolean>
  busy: Ref<boolean>
  save: () => Promise<void>
  undo: () => void
}

export function useSettingsForm(inbox: () => Inbox, fields: () => readonly SettingField[], took: (inbox: Inbox) => void): SettingsForm {
  const { t } = useI18n()
  const { busy, run } = useAction()
  const stored = computed(() => valuesOf(fields(), inbox().settings))
  const values = ref<SettingValues>({})
  const undo = (): void => {
    values.value = structuredClone(stored.value)
  }
  watch(stored, undo, { immediate: true })

  const changes = computed(() => changesOf(fields(), stored.value, values.value))
  const problems = computed(() => problemsOf(fields(), values.value))
  async function save(): Promise<void> {
    if (Object.keys(problems.value).length) return
    await run(async () => took(await ok(api.PATCH('/inboxes/{inbox_id}', { params: { path: { inbox_id: inbox().id } }, body: { settings: changes.value } }))), t('inboxes.saved'))
  }
  return { values, problems, dirty: computed(() => Object.keys(changes.value).length > 0), busy, save, undo }
}
