/** Steps that can be taken back and taken again. Typing in one field is one step. */
import { computed, ref, shallowRef, type ComputedRef, type ShallowRef } from 'vue'

const KEPT = 200
const TOGETHER_MS = 1_500

export interface History<T> {
  now: ShallowRef<T>
  canUndo: ComputedRef<boolean>
  canRedo: ComputedRef<boolean>
  /** `field` names what is being typed in: changes of the same shortly after each other are one step. */
  change: (next: T, field?: string) => void
  undo: () => void
  redo: () => void
}

export function useHistory<T>(first: T, clock: () => number = () => Date.now()): History<T> {
  const now = shallowRef(first) as ShallowRef<T>
  const before = shallowRef<T[]>([])
  const after = shallowRef<T[]>([])
  const last = ref<{ field: string | undefined; at: number }>({ field: undefined, at: 0 })

  function change(next: T, field?: string): void {
    if (next === now.value) return
    const goesOn = field !== undefined && field === last.value.field && clock() - last.value.at < TOGETHER_MS
    if (!goesOn) before.value = [...before.value, now.value].slice(-KEPT)
    after.value = []
    now.value = next
    last.value = { field, at: clock() }
  }
  function move(from: ShallowRef<T[]>, to: ShallowRef<T[]>): void {
    const found = from.value.at(-1)
    if (found === undefined) return
    from.value = from.value.slice(0, -1)
    to.value = [...to.value, now.value]
    now.value = found
    last.value = { field: undefined, at: 0 }
  }
  return {
    now,
    canUndo: computed(() => before.value.length > 0),
    canRedo: computed(() => after.value.length > 0),
    change,
    undo: () => move(before, after),
    redo: () => move(after, before),
  }
}
