/** Which rows of a long list of equal heights are on screen. Lists up to sixty rows are drawn whole. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'

const WHOLE = 60
const SPARE = 8

export interface RowWindow {
  first: number
  last: number
  before: number
  after: number
}

export function rowWindow(count: number, height: number, top: number, room: number): RowWindow {
  if (count <= WHOLE) return { first: 0, last: count, before: 0, after: 0 }
  const first = Math.max(0, Math.floor(top / height) - SPARE)
  const last = Math.min(count, Math.ceil((top + room) / height) + SPARE)
  return { first, last, before: first * height, after: (count - last) * height }
}

export function useWindow(count: Ref<number>, height: Ref<number>): { rows: ComputedRef<RowWindow>; follow: (element: HTMLElement) => void } {
  const top = ref(0)
  const room = ref(900)
  return {
    rows: computed(() => rowWindow(count.value, height.value, top.value, room.value)),
    follow: (element) => {
      top.value = element.scrollTop
      room.value = element.clientHeight
    },
  }
}
