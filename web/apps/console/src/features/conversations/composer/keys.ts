/** What a key press in the editor means. Nothing while an input method composes. */
import { isComposing } from '@/app/shortcuts'

export type EditorKey = 'send' | 'leave' | 'snippets' | null

/** Enter sends, Shift+Enter breaks the line; `/` at the start of a word asks for snippets; Escape leaves the editor. */
export function editorKey(event: KeyboardEvent, textBefore: string): EditorKey {
  if (isComposing(event)) return null
  if (event.key === 'Enter' && !event.shiftKey && !event.altKey) return 'send'
  if (event.key === 'Escape') return 'leave'
  if (event.key === '/' && /(^|\s)$/.test(textBefore)) return 'snippets'
  return null
}
