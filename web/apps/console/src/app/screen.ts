/** How wide the window is, as the layout needs to know it. */
import { readonly, ref } from 'vue'

function follow(query: string) {
  const list = matchMedia(query)
  const matches = ref(list.matches)
  list.addEventListener('change', (event) => {
    matches.value = event.matches
  })
  return readonly(matches)
}

/** One column at a time. */
export const isNarrow = follow('(max-width: 767px)')
/** Room for list, thread and context side by side. */
export const isWide = follow('(min-width: 1180px)')
