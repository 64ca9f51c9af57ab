/** Light, dark or as the system says, and comfortable or compact; kept on this device. */
import { ref, watch } from 'vue'

export type Theme = 'system' | 'light' | 'dark'
export type Density = 'comfortable' | 'compact'

function stored<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(key)
    return allowed.find((item) => item === value) ?? otherwise
  } catch {
    return otherwise
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage can be blocked; the choice then lasts as long as the page.
  }
}

export const theme = ref<Theme>(stored('qiao.theme', ['system', 'light', 'dark'], 'system'))
export const density = ref<Density>(stored('qiao.density', ['comfortable', 'compact'], 'comfortable'))

/** Puts the choices on <html> now and whenever they change. Call once at start, before the first paint. */
export function applyTheme(root: HTMLElement = document.documentElement): void {
  watch([theme, density], ([look, space]) => {
    if (look === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = look
    root.dataset['density'] = space
    keep('qiao.theme', look)
    keep('qiao.density', space)
  }, { immediate: true })
}
