/** Short notices at the edge of the screen. Success is quiet and short; a failure stays until it is dismissed. */
import { readonly, ref } from 'vue'

export type ToastTone = 'plain' | 'good' | 'urgent'

export interface Toast {
  id: number
  text: string
  tone: ToastTone
  action?: { label: string; run: () => void }
}

export interface ToastOptions {
  tone?: ToastTone
  action?: Toast['action']
  /** Milliseconds on screen; 0 keeps it until dismissed. Default 4000, with an action 8000, urgent 0. */
  life?: number
}

const MOST = 4
const shown = ref<Toast[]>([])
const timers = new Map<number, ReturnType<typeof setTimeout>>()
let last = 0

export const toasts = readonly(shown)

export function dismissToast(id: number): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  shown.value = shown.value.filter((toast) => toast.id !== id)
}

function lifeOf({ tone, action, life }: ToastOptions): number {
  if (life !== undefined) return life
  if (tone === 'urgent') return 0
  return action ? 8000 : 4000
}

/** Show a notice; gives back a function that takes it away. */
export function toast(text: string, options: ToastOptions = {}): () => void {
  const id = ++last
  shown.value = [...shown.value, { id, text, tone: options.tone ?? 'plain', action: options.action }]
  while (shown.value.length > MOST) dismissToast(shown.value[0]?.id ?? 0)
  const life = lifeOf(options)
  if (life) timers.set(id, setTimeout(() => dismissToast(id), life))
  return () => dismissToast(id)
}
