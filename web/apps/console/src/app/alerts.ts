/**
 * Tells the person when somebody needs them: a customer begins to wait, a conversation is given to them, their customer writes.
 * Sound, desktop notice and the number in the tab; silent for what the tab is showing.
 */
import type { LiveEvent } from '@qiao/live'
import { watchEffect } from 'vue'
import { chime } from './chime'
import { conversations } from './conversations'
import type { ConversationChange, Facts } from './facts'
import { translate } from './i18n'
import { onLiveBatch } from './live'
import { router } from './router'
import { can, me, person } from './session'
import { titleBadge } from './title'
import type { Conversation, Id, Message } from './wire'

type Reason = 'waiting' | 'assigned' | 'message'

/** What an event means to the person, given how the conversation stood before it; null: nothing. */
export function alertOf(event: LiveEvent, before: Conversation | undefined, myId: Id): Reason | null {
  if (event.name === 'conversations.opened.v1') return (event.data as Conversation).status === 'waiting' ? 'waiting' : null
  if (event.name === 'conversations.changed.v1') return ofChange(event.data as ConversationChange, before, myId)
  if (event.name !== 'conversations.message_posted.v1') return null
  const { author, kind } = event.data as Facts['conversations.message_posted.v1']
  return before?.assignee_id === myId && author.kind === 'contact' && kind === 'text' ? 'message' : null
}

/** What people do themselves needs no telling. */
function ofChange(change: ConversationChange, before: Conversation | undefined, myId: Id): Reason | null {
  if (change.by?.id === myId) return null
  if (change.status === 'waiting' && before?.status !== 'waiting') return 'waiting'
  return change.assignee_id === myId && before?.assignee_id !== myId ? 'assigned' : null
}

function isShown(id: Id): boolean {
  return !document.hidden && document.hasFocus() && router.currentRoute.value.params['id'] === id
}

function desktopNotice(id: Id, reason: Reason, text: string): void {
  if (!('Notification' in window) || Notification.permission !== 'granted' || (!document.hidden && document.hasFocus())) return
  const name = conversations.value.conversations.get(id)?.contact.name ?? translate('conversations.visitor')
  const notice = new Notification(translate(`shell.alert_${reason}`, { name }), { body: text, tag: id, silent: true })
  notice.onclick = () => {
    window.focus()
    void router.push(`/conversations/all/${id}`)
    notice.close()
  }
}

let lastChime = 0

function tell(event: LiveEvent, reason: Reason): void {
  const preferences = me.value?.preferences
  if (!preferences || isShown(event.subject)) return
  if (preferences.sound && Date.now() - lastChime > 1_500) {
    lastChime = Date.now()
    chime(reason === 'message' ? 'message' : 'waiting')
  }
  const text = 'text' in (event.data as object) ? String((event.data as Message).text) : ''
  if (preferences.desktop) desktopNotice(event.subject, reason, text.slice(0, 140))
}

/** Starts to watch. Must listen before the store of conversations does, to know how things stood. */
export function startAlerts(): void {
  onLiveBatch((events) => {
    if (!can('conversations.write')) return
    const myId = person.value?.id ?? ''
    const away = person.value?.availability === 'away'
    for (const event of events) {
      const reason = alertOf(event, conversations.value.conversations.get(event.subject), myId)
      if (reason && !(away && reason === 'waiting')) tell(event, reason)
    }
  })
  watchEffect(() => {
    const { conversations: held, counts, me: myId } = conversations.value
    const mine = [...held.values()].filter((item) => item.assignee_id === myId && item.status === 'open' && item.unread > 0)
    titleBadge.value = can('conversations.write') ? mine.length + counts.waiting : 0
  })
}

/** Asks the browser once for leave to show notices; false when the person or the browser refuses. */
export async function allowDesktop(): Promise<boolean> {
  if (!('Notification' in window)) return false
  return (await Notification.requestPermission()) === 'granted'
}
