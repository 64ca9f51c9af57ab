/** Whether somebody is there to take a conversation that waits. */
import type { State } from './state.ts'
import type { Thread } from './thread.ts'
import type { Inbox } from './wire.ts'

/** Whether people answer now: within the hours, and somebody is online, as of when the visit was opened. */
export const peopleThere = (inbox: Inbox | null): boolean => inbox !== null && inbox.open_now && inbox.staffed !== false

/**
 * Closed, or nobody was online, or the bot said while handing over that nobody was there; and no estimate since. An estimate is made only while
 * somebody is online: from then on a place in line is worth telling.
 */
export function nobodyThere({ conversation, inbox, thread }: Pick<State, 'conversation' | 'inbox' | 'thread'>): boolean {
  const away = !peopleThere(inbox) || handOverReason(thread) === 'off_hours'
  return away && (conversation?.queue?.estimate_seconds ?? null) === null
}

/** The last reason a bot gave for handing over, in this conversation. */
function handOverReason(thread: Thread): string | null {
  const reasons = thread.messages.map((message) => (message.content?.type === 'hand_over' ? message.content.reason : null))
  return reasons.filter((reason) => reason !== null).pop() ?? null
}
