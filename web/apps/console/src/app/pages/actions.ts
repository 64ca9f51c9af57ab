/** One thing at a time with its waiting mark: quiet success, a failure said in the reader's words. */
import { ref, type Ref } from 'vue'
import { toast, toastProblem } from '../toasts'

export interface Action {
  busy: Ref<boolean>
  /** Runs `work` unless something runs already. True when it went well. */
  run: (work: () => Promise<unknown>, success?: string) => Promise<boolean>
}

export function useAction(onProblem: (error: unknown) => void = toastProblem): Action {
  const busy = ref(false)
  async function run(work: () => Promise<unknown>, success?: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    try {
      await work()
      if (success) toast(success, { tone: 'good' })
      return true
    } catch (error) {
      onProblem(error)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, run }
}
