/** Saves a text a second after the last key, one save at a time, and again after a failure. Says how it stands. */
import { onScopeDispose, ref, type Ref } from 'vue'

export type SaveState = 'idle' | 'waiting' | 'saving' | 'saved' | 'failed'

export interface Autosave {
  state: Ref<SaveState>
  /** Something changed. */
  touch: () => void
  /** Saves now what is waiting; resolves when it is on the server, throws when it could not be. */
  flush: () => Promise<void>
}

/** `save` must read the newest text when it is called. `retryAfter` is in milliseconds. */
export function useAutosave(save: () => Promise<void>, quiet = 1_000, retryAfter = 5_000): Autosave {
  const state = ref<SaveState>('idle')
  let timer: ReturnType<typeof setTimeout> | undefined
  let running: Promise<void> | null = null
  let again = false

  async function attempt(): Promise<void> {
    clearTimeout(timer)
    state.value = 'saving'
    again = false
    try {
      await save()
      state.value = again ? 'waiting' : 'saved'
      if (again) arm(quiet)
    } catch (error) {
      state.value = 'failed'
      arm(retryAfter)
      throw error
    } finally {
      running = null
    }
  }
  function begin(): Promise<void> {
    running ??= attempt()
    return running
  }
  function arm(delay: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => void begin().catch(() => undefined), delay)
  }
  function touch(): void {
    if (running) {
      again = true
      return
    }
    state.value = 'waiting'
    arm(quiet)
  }
  async function flush(): Promise<void> {
    if (running) await running.catch(() => undefined)
    if (state.value === 'waiting' || state.value === 'failed') await begin()
  }
  onScopeDispose(() => clearTimeout(timer))
  return { state, touch, flush }
}
