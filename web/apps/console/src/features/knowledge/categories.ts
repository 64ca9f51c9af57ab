/** Categories for choosing and for headings, in their order. */
import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, ok } from '@/app/api'
import { localised } from '@/app/i18n'
import { useResource, type Resource } from '@/app/pages/lists'
import type { Category, Id } from '@/app/wire'

/** A choice list cannot hold "nothing", so it has a word of its own. */
export const NO_CATEGORY = 'none'

export interface CategoriesView extends Resource<Category[]> {
  choices: ComputedRef<{ value: string; label: string }[]>
  nameOf: (id: Id | null) => string
}

export function useCategories(): CategoriesView {
  const { t } = useI18n()
  const resource = useResource(async () => (await ok(api.GET('/knowledge/categories'))).items.sort((a, b) => a.position - b.position))
  const name = (category: Category): string => localised(category.name)
  return {
    ...resource,
    choices: computed(() => [{ value: NO_CATEGORY, label: t('knowledge.no_category') }, ...(resource.value.value ?? []).map((category) => ({ value: category.id, label: name(category) }))]),
    nameOf: (id) => {
      const found = resource.value.value?.find((category) => category.id === id)
      return found ? name(found) : t('knowledge.no_category')
    },
  }
}
