/** Keeps a thread's scroll where the reader expects it: at the newest while they are there, still when older ones load. */
import { nextTick, ref, type Ref } from 'vue'

const NEAR_PX = 80

export interface ThreadScroll {
  atEnd: Ref<boolean>
  toEnd: (smooth?: boolean) => void
  /** Runs what puts rows in front, and keeps what the reader sees where it is. */
  keepPlace: (prepend: () => Promise<void>) => Promise<void>
  scrolled: () => void
}

export function useScroll(element: Readonly<Ref<HTMLElement | null>>): ThreadScroll {
  const atEnd = ref(true)

  function scrolled(): void {
    const log = element.value
    if (log) atEnd.value = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
  }

  function toEnd(smooth = false): void {
    const log = element.value
    if (!log) return
    log.scrollTo({ top: log.scrollHeight, behavior: smooth ? 'smooth' : 'instant' })
    atEnd.value = true
  }

  /** The first row on screen: rows above may not be laid out, so nothing can be measured by them. */
  function firstSeen(): HTMLElement | undefined {
    const log = element.value
    const top = log?.getBoundingClientRect().top ?? 0
    return [...(log?.querySelectorAll<HTMLElement>('[data-seq]') ?? [])].find((row) => row.getBoundingClientRect().bottom > top)
  }

  async function keepPlace(prepend: () => Promise<void>): Promise<void> {
    const log = element.value
    const mark = firstSeen()
    const before = mark?.getBoundingClientRect().top ?? 0
    await prepend()
    await nextTick()
    if (!log || !mark) return
    log.scrollTop += mark.getBoundingClientRect().top - before
  }

  return { atEnd, toEnd, keepPlace, scrolled }
}
