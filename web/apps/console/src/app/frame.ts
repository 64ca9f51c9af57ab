/** What parts of the frame tell each other: is the palette open, is the help sheet open, does a page want the whole small screen. */
import { onScopeDispose, ref, watchEffect } from 'vue'

export const paletteOpen = ref(false)
export const helpOpen = ref(false)
/** On a small screen the page has taken the whole height: no bar at the bottom. */
export const immersive = ref(false)

/** Lets a page take the whole small screen while `wanted` gives true. */
export function useImmersive(wanted: () => boolean): void {
  watchEffect(() => {
    immersive.value = wanted()
  })
  onScopeDispose(() => {
    immersive.value = false
  })
}
