/** Fetching for pages: one thing, or a list that goes on under a cursor. A late answer never overwrites a newer one. */
import { computed, onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import type { Page } from '../wire'

export interface Resource<T> {
  value: ShallowRef<T | null>
  loading: Ref<boolean>
  error: ShallowRef<unknown>
  reload: () => Promise<void>
}

/** Fetches at once and whenever `watched` changes; keeps the old value on screen meanwhile. */
export function useResource<T>(load: () => Promise<T>, watched?: () => unknown): Resource<T> {
  const value = shallowRef<T | null>(null)
  const loading = ref(true)
  const error = shallowRef<unknown>(null)
  let turn = 0
  async function reload(): Promise<void> {
    const mine = ++turn
    loading.value = true
    try {
      const found = await load()
      if (mine !== turn) return
      value.value = found
      error.value = null
    } catch (problem) {
      if (mine === turn) error.value = problem
    } finally {
      if (mine === turn) loading.value = false
    }
  }
  if (watched) watch(watched, () => void reload())
  onScopeDispose(() => (turn += 1))
  void reload()
  return { value, loading, error, reload }
}

export interface CursorList<T> {
  items: ShallowRef<T[]>
  loading: Ref<boolean>
  loadingMore: Ref<boolean>
  error: ShallowRef<unknown>
  hasMore: Readonly<Ref<boolean>>
  reload: () => Promise<void>
  more: () => Promise<void>
  /** Puts a changed item in its place, or at the top when it is new. */
  put: (item: T) => void
  drop: (id: string) => void
}

/** `watched` are the filters: a change begins again from the first page. */
export function useCursorList<T extends { id: string }>(load: (cursor: string | undefined) => Promise<Page<T>>, watched?: () => unknown): CursorList<T> {
  const items = shallowRef<T[]>([])
  const cursor = ref<string | null>(null)
  const loadingMore = ref(false)
  const first = useResource(async () => {
    const page = await load(undefined)
    items.value = page.items
    cursor.value = page.next_cursor ?? null
    return page
  }, watched)

  async function more(): Promise<void> {
    const from = cursor.value
    if (from === null || loadingMore.value) return
    loadingMore.value = true
    try {
      const page = await load(from)
      if (cursor.value !== from) return
      const known = new Set(items.value.map((item) => item.id))
      items.value = [...items.value, ...page.items.filter((item) => !known.has(item.id))]
      cursor.value = page.next_cursor ?? null
    } catch (problem) {
      first.error.value = problem
    } finally {
      loadingMore.value = false
    }
  }
  function put(item: T): void {
    const known = items.value.some((other) => other.id === item.id)
    items.value = known ? items.value.map((other) => (other.id === item.id ? item : other)) : [item, ...items.value]
  }
  const drop = (id: string): void => {
    items.value = items.value.filter((item) => item.id !== id)
  }
  return { items, loading: first.loading, loadingMore, error: first.error, hasMore: computed(() => cursor.value !== null), reload: first.reload, more, put, drop }
}
