/** Short notices in the corner: quiet success, a failure that says what to do. Shown by `shell/ToastStack.vue`. */
import { shallowReactive } from 'vue'
import { i18n } from './i18n'
import { problemText } from './problem'

export interface Toast {
  id: number
  tone: 'quiet' | 'good' | 'bad'
  text: string
  action?: { label: string; run: () => void }
}

export const toasts: Toast[] = shallowReactive([])
const LASTS_MS = { quiet: 4_000, good: 4_000, bad: 9_000 }
let count = 0

export function dismiss(id: number): void {
  const index = toasts.findIndex((toast) => toast.id === id)
  if (index >= 0) toasts.splice(index, 1)
}

/** Shows a translated text. A bad one stays longer; three at most are on screen. */
export function toast(text: string, tone: Toast['tone'] = 'quiet', action?: Toast['action']): void {
  count += 1
  const id = count
  toasts.push({ id, tone, text, ...(action ? { action } : {}) })
  if (toasts.length > 3) toasts.shift()
  setTimeout(() => dismiss(id), LASTS_MS[tone])
}

/** Shows what went wrong, in the reader's language. For `catch` blocks. */
export function toastProblem(error: unknown): void {
  const { t, te } = i18n.global
  toast(problemText(error, { t: (key, named) => t(key, named), te }), 'bad')
}
