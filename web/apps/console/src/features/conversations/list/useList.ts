/** The conversations of one view in the order of that view, out of the live state. */
import { inView } from '@qiao/live'
import { computed, onScopeDispose, watch, type ComputedRef, type Ref } from 'vue'
import { conversations, listProgress, loadList, type ListKey } from '@/app/conversations'
import { toastProblem } from '@/app/toasts'
import type { Conversation, Id } from '@/app/wire'

export interface LiveList {
  ids: ComputedRef<readonly Id[]>
  loading: ComputedRef<boolean>
  started: ComputedRef<boolean>
  failed: ComputedRef<boolean>
  more: () => void
}

const waitingFirst = (a: Conversation, b: Conversation) => ((a.waiting_since ?? '') < (b.waiting_since ?? '') ? -1 : 1)

export function useList(key: Ref<ListKey>): LiveList {
  const fits = (item: Conversation, { view, team_id, inbox_id }: ListKey) =>
    inView(view, item, conversations.value.me) && (!team_id || item.team_id === team_id) && (!inbox_id || item.inbox_id === inbox_id)

  const ids = computed(() => {
    const { order, conversations: held } = conversations.value
    const items = order.map((id) => held.get(id)).filter((item) => item !== undefined)
    const found = items.filter((item) => fits(item, key.value))
    if (key.value.view === 'waiting') found.sort(waitingFirst)
    return found.map((item) => item.id)
  })
  const progress = computed(() => listProgress(key.value))
  const load = () => loadList(key.value).catch(toastProblem)
  const stop = watch(() => `${JSON.stringify(key.value)}|${progress.value.started}`, () => {
    if (!progress.value.started && !progress.value.failed) void load()
  }, { immediate: true })
  onScopeDispose(stop)

  return {
    ids,
    loading: computed(() => progress.value.loading),
    started: computed(() => progress.value.started),
    failed: computed(() => progress.value.failed),
    more: () => void load(),
  }
}
