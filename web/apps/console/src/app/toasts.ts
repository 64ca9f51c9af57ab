/** Notices in the corner, said in the reader's language. `toast` itself comes from `@qiao/ui`. */
import { toast } from '@qiao/ui'
import { i18n } from './i18n'
import { problemText } from './problem'

export { toast }

/** One sentence in the reader's language for anything that was thrown. */
export function sayProblem(error: unknown): string {
  const { t, te } = i18n.global
  return problemText(error, { t: (key, named) => t(key, named), te: (key) => te(key) })
}

/** Shows what went wrong. For `catch` blocks. */
export function toastProblem(error: unknown): void {
  toast(sayProblem(error), { tone: 'urgent', life: 9_000 })
}
