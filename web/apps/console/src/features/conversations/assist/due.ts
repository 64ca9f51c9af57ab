/** What was promised to customers and is still to be kept; one list for the tab. */
import { shallowRef, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { onLive, onLiveReload } from '@/app/live'
import type { DuePromise, Id } from '@/app/wire'

const list = shallowRef<readonly DuePromise[]>([])
export const duePromises: Readonly<ShallowRef<readonly DuePromise[]>> = list
let timer: ReturnType<typeof setTimeout> | undefined

export async function loadDue(): Promise<void> {
  list.value = (await ok(api.GET('/bot/assist/promises'))).items
}

/** Follows the promises for as long as the caller's scope lives. */
export function followDue(): void {
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void loadDue().catch(() => undefined), 200)
  }
  soon()
  onLive('bot.promise_changed.v1', soon)
  onLiveReload(soon)
}

export async function keepPromise(id: Id): Promise<void> {
  await ok(api.POST('/bot/assist/promises/{promise_id}/keep', { params: { path: { promise_id: id } } }))
  list.value = list.value.filter((item) => item.promise.id !== id)
}

/** Overdue, soon (within the hour) or later. */
export function urgency(item: DuePromise, now: number): 'late' | 'soon' | 'later' {
  if (item.promise.state === 'broken' || Date.parse(item.promise.due_at) < now) return 'late'
  const begins = Date.parse(item.promise.starts_at ?? item.promise.due_at)
  return begins - now < 3_600_000 ? 'soon' : 'later'
}
