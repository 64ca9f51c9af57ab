/** Filters kept in the address, so that back, forward and a shared link restore the list. */
import { customRef, ref, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** A text in the address's query; empty is left out. */
export function useQueryText(name: string, otherwise = ''): Ref<string> {
  const route = useRoute()
  const router = useRouter()
  return customRef(() => ({
    get: () => (typeof route.query[name] === 'string' ? (route.query[name] as string) : otherwise),
    set: (next) => {
      const { [name]: _before, ...others } = route.query
      void router.replace({ query: next && next !== otherwise ? { ...others, [name]: next } : others })
    },
  }))
}

/** What is being typed, and the same a moment later: bind the first, fetch by the second. */
export function useTyped(settled: Ref<string>, delay = 250): Ref<string> {
  const typed = ref(settled.value)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(typed, (text) => {
    clearTimeout(timer)
    timer = setTimeout(() => (settled.value = text.trim()), delay)
  })
  watch(settled, (text) => {
    if (text !== typed.value.trim()) typed.value = text
  })
  return typed
}
