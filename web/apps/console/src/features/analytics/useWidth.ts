import { onBeforeUnmount, ref, watch, type Ref } from 'vue'

/** The width of an element in whole pixels, kept while it changes; the element may come later, or another take its place. */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>, first = 640): Ref<number> {
  const width = ref(first)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) width.value = Math.max(120, Math.floor(entry.contentRect.width))
  })
  watch(element, (now) => {
    observer.disconnect()
    if (now) observer.observe(now)
  }, { immediate: true, flush: 'post' })
  onBeforeUnmount(() => observer.disconnect())
  return width
}
