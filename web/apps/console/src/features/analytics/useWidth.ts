import { onBeforeUnmount, onMounted, ref, type Ref } from 'vue'

/** The width of an element in whole pixels, kept while it changes. */
export function useWidth(element: Readonly<Ref<HTMLElement | null>>, first = 640): Ref<number> {
  const width = ref(first)
  const observer = new ResizeObserver(([entry]) => {
    if (entry) width.value = Math.max(120, Math.floor(entry.contentRect.width))
  })
  onMounted(() => element.value && observer.observe(element.value))
  onBeforeUnmount(() => observer.disconnect())
  return width
}
