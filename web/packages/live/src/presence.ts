/** Who looks at a conversation and who types in it: short-lived, kept apart from the facts. */
import type { PresenceFrame, Typist, Viewer } from './frames'

export interface Presence {
  viewers: readonly Viewer[]
  typing: readonly Typist[]
  until: number
}
export type Presences = ReadonlyMap<string, Presence>

export const PRESENCE_LASTS_MS = 10_000

export function withPresence(presences: Presences, frame: PresenceFrame, now: number): Presences {
  const next = new Map(presences)
  if (frame.viewers.length === 0 && frame.typing.length === 0) next.delete(frame.conversation_id)
  else next.set(frame.conversation_id, { viewers: frame.viewers, typing: frame.typing, until: now + PRESENCE_LASTS_MS })
  return next
}

/** Without what nobody renewed; the same map when nothing has run out. */
export function withoutExpired(presences: Presences, now: number): Presences {
  const alive = [...presences].filter(([, presence]) => presence.until > now)
  return alive.length === presences.size ? presences : new Map(alive)
}
