/**
 * A list that holds still while somebody points at it or moves in it with the keyboard. What would have moved is counted;
 * `sort` (or leaving the list) brings the true order.
 */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'

export interface FrozenOrder {
  shown: ComputedRef<readonly string[]>
  /** How many rows are new, gone or out of place. */
  moved: ComputedRef<number>
  sort: () => void
}

/** The rows that have to move to turn one order into the other: all that are not in the longest rising run. */
export function countMoved(shown: readonly string[], live: readonly string[]): number {
  const place = new Map(live.map((id, index) => [id, index]))
  const kept = shown.map((id) => place.get(id)).filter((index) => index !== undefined)
  const tails: number[] = []
  for (const index of kept) {
    const at = tails.findIndex((tail) => tail >= index)
    if (at < 0) tails.push(index)
    else tails[at] = index
  }
  const fresh = live.filter((id) => !shown.includes(id)).length
  return fresh + (shown.length - tails.length)
}

export function useFrozenOrder(live: Ref<readonly string[]>, held: Ref<boolean>): FrozenOrder {
  const frozen = shallowRef<readonly string[] | null>(null)
  const tick = ref(0)

  watch(held, (holding) => {
    frozen.value = holding ? live.value : null
  })
  // Further pages join at the end without moving anything.
  watch(live, (next) => {
    if (frozen.value === null) return
    if (frozen.value.every((id, index) => next[index] === id)) frozen.value = next
  })

  return {
    shown: computed(() => (tick.value, frozen.value ?? live.value)),
    moved: computed(() => (frozen.value === null || frozen.value === live.value ? 0 : countMoved(frozen.value, live.value))),
    sort: () => {
      if (frozen.value !== null) frozen.value = live.value
      tick.value += 1
    },
  }
}
