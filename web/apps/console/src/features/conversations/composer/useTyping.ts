/** Tells the customer and colleagues that somebody is writing: at most every three seconds, and when it stops. */
import { onScopeDispose } from 'vue'
import { sayTyping } from '@/app/live'
import type { Id } from '@/app/wire'

const AGAIN_MS = 3_000
const STOP_MS = 4_000

export function useTyping(): { typed: (id: Id) => void; stopped: () => void } {
  let last = 0
  let saying: Id | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  function stopped(): void {
    clearTimeout(timer)
    if (saying) sayTyping(saying, false)
    saying = null
    last = 0
  }

  function typed(id: Id): void {
    if (saying !== null && saying !== id) stopped()
    clearTimeout(timer)
    timer = setTimeout(stopped, STOP_MS)
    if (Date.now() - last < AGAIN_MS) return
    last = Date.now()
    saying = id
    sayTyping(id, true)
  }

  onScopeDispose(stopped)
  return { typed, stopped }
}
