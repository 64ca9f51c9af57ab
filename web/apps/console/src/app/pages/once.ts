/** A secret that is shown once: whoever would close its window without having copied it is asked first. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'

export interface ShownOnce {
  secret: Ref<string>
  /** True after the first try to close without a copy. */
  warned: ComputedRef<boolean>
  show: (secret: string) => void
  copied: () => void
  /** Whether the window may close now; the second time it may. */
  mayClose: () => boolean
}

export function useShownOnce(): ShownOnce {
  const secret = ref('')
  const tries = ref(0)
  const kept = ref(false)
  function show(shown: string): void {
    secret.value = shown
    tries.value = 0
    kept.value = false
  }
  return {
    secret,
    warned: computed(() => tries.value > 0 && !kept.value),
    show,
    copied: () => (kept.value = true),
    mayClose: () => !secret.value || kept.value || ++tries.value > 1,
  }
}
