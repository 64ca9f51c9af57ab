/** How a control inside a QField learns its id, its description and whether it is wrong. */
import { type ComputedRef, computed, inject, type InjectionKey } from 'vue'

export interface FieldContext {
  id: string
  describedBy: ComputedRef<string | undefined>
  invalid: ComputedRef<boolean>
}

export const FIELD: InjectionKey<FieldContext> = Symbol('field')

/** Attributes to bind on the control; outside a field they are all absent. */
export function useFieldAttributes() {
  const field = inject(FIELD, null)
  return computed(() => ({
    id: field?.id,
    'aria-describedby': field?.describedBy.value,
    'aria-invalid': field?.invalid.value || undefined,
  }))
}

export const CONTROL =
  'w-full rounded-lg border border-edge bg-raised px-3 text-ink transition-colors focus:border-celadon focus:outline-2 focus:outline-offset-0 ' +
  'focus:outline-celadon disabled:bg-sunken disabled:text-ink-3 aria-invalid:border-vermilion'
