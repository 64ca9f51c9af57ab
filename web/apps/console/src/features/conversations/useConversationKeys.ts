/** The single keys of the conversations page. */
import type { IconName } from '@qiao/ui'
import { useShortcuts } from '@/app/shortcuts'
import { paletteOpen } from '@/app/frame'
import { can } from '@/app/session'
import type { ActionName } from './actions/useActions'

export interface KeyTargets {
  /** Is a conversation open? */
  open: () => boolean
  step: (by: 1 | -1) => void
  act: (name: ActionName) => void
  write: (kind: 'text' | 'note') => void
  tags: () => void
}

export function useConversationKeys({ open, step, act, write, tags }: KeyTargets): void {
  const writes = () => open() && can('conversations.write')
  // Enter on a link or a button belongs to that link or button.
  const idle = () => writes() && !document.activeElement?.closest('a, button, summary, [role="option"]')
  const action = (id: ActionName, keys: string | undefined, title: string, icon: IconName) => ({
    icon,
    id: `conversations.${id}`,
    ...(keys ? { keys } : {}),
    title: `conversations.${title}`,
    run: () => act(id),
    when: writes,
  })
  useShortcuts('conversations', [
    { id: 'conversations.next', keys: 'j', icon: 'chevron-down', title: 'conversations.key_next', run: () => step(1) },
    { id: 'conversations.previous', keys: 'k', icon: 'chevron-up', title: 'conversations.key_previous', run: () => step(-1) },
    { id: 'conversations.reply', keys: 'r', icon: 'reply', title: 'conversations.key_reply', run: () => write('text'), when: writes },
    { id: 'conversations.enter', keys: 'Enter', title: 'conversations.key_reply', run: () => write('text'), when: idle },
    { id: 'conversations.note', keys: 'n', icon: 'note', title: 'conversations.key_note', run: () => write('note'), when: writes },
    action('claim', 'c', 'claim', 'hand'),
    action('resolve', 'e', 'resolve', 'check'),
    action('transfer', 'a', 'transfer', 'user-plus'),
    action('snooze', 's', 'snooze', 'clock'),
    { id: 'conversations.tags', keys: 't', icon: 'tag', title: 'conversations.key_tags', run: tags, when: writes },
    { id: 'conversations.hash', keys: '#', icon: 'tag', title: 'conversations.key_tags', run: tags, when: writes },
    action('ticket', undefined, 'make_ticket', 'ticket'),
    action('summarise', undefined, 'write_summary', 'note'),
    action('resolveSummary', undefined, 'resolve_summary', 'check-double'),
    action('handToBot', undefined, 'hand_to_bot', 'robot'),
    action('reopen', undefined, 'reopen', 'undo'),
    { id: 'conversations.search', keys: '/', icon: 'search', title: 'conversations.search', run: () => (paletteOpen.value = true) },
  ])
}
