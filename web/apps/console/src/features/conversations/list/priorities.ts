/** How urgent the conversations of the list are: asked for as they come, kept true by what is told live, and what to sort by. */
import { onScopeDispose, ref, shallowReactive, watch, type Ref } from 'vue'
import { api, ok } from '@/app/api'
import { onLive, onLiveReload } from '@/app/live'
import type { Id, Priority } from '@/app/wire'

const RANKS: Record<Priority, number> = { urgent: 0, high: 1, normal: 2, low: 3 }
const AT_ONCE = 100
const AFTER_MS = 150
const KEPT_AS = 'qiao.urgent_first'

const known = shallowReactive(new Map<Id, Priority>())
const asked = new Set<Id>()

/** Whether the urgent stand above the others, in every view; a choice of this browser. */
export const urgentFirst = ref(wasKept())
watch(urgentFirst, (on) => {
  try {
    localStorage.setItem(KEPT_AS, on ? 'yes' : 'no')
  } catch {
    // Storage can be blocked; the choice then lasts as long as the page.
  }
})

function wasKept(): boolean {
  try {
    return localStorage.getItem(KEPT_AS) === 'yes'
  } catch {
    return false
  }
}

/** What is known of a conversation; one that nobody has looked at is like any other. */
export const priorityOf = (id: Id): Priority => known.get(id) ?? 'normal'

/** The urgent first; what is equally urgent stays in its order. Pure. */
export function byUrgency(ids: readonly Id[], priority: (id: Id) => Priority): Id[] {
  return [...ids].sort((a, b) => RANKS[priority(a)] - RANKS[priority(b)])
}

async function ask(ids: readonly Id[]): Promise<void> {
  for (const id of ids) asked.add(id)
  try {
    const found = await ok(api.GET('/routing/priorities', { params: { query: { conversation: [...ids] } } }))
    for (const one of found.items) known.set(one.conversation_id, one.priority)
  } catch {
    // A flag that is missing troubles nobody; the next conversation that comes asks for these too.
    for (const id of ids) asked.delete(id)
  }
}

/** Keeps the priorities of these conversations while the list is there. */
export function usePriorities(ids: Ref<readonly Id[]>): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const fetchMissing = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      const missing = ids.value.filter((id) => !asked.has(id))
      for (let at = 0; at < missing.length; at += AT_ONCE) void ask(missing.slice(at, at + AT_ONCE))
    }, AFTER_MS)
  }
  watch(ids, fetchMissing, { immediate: true })
  onLive('routing.prioritised.v1', ({ data }) => void known.set(data.id, data.priority))
  onLiveReload(() => {
    asked.clear()
    fetchMissing()
  })
  onScopeDispose(() => clearTimeout(timer))
}
