/** What travels on the agents' socket, both ways. */

/** One fact of the log: `n` is its number in the workspace, `seq` the message's number in its conversation. */
export interface LiveEvent<D = unknown> {
  n: number
  name: string
  subject: string
  seq: number | null
  at: string
  data: D
}

export interface Viewer {
  id: string
  name: string
}

export interface Typist {
  kind: 'agent' | 'contact'
  id: string
  name: string | null
  text_length?: number
}

export interface PresenceFrame {
  type: 'presence'
  conversation_id: string
  viewers: Viewer[]
  typing: Typist[]
}

export type ServerFrame =
  | { type: 'welcome'; epoch: string; position: number; recovered: boolean; app_version: string }
  | { type: 'events'; items: LiveEvent[] }
  | PresenceFrame
  | { type: 'pong'; id: number }

export type ClientFrame =
  | { type: 'hello'; epoch: string; after: number }
  | { type: 'view'; conversation_id: string | null }
  | { type: 'typing'; conversation_id: string; on: boolean }
  | { type: 'ping'; id: number }

/** Why the server closed the socket, where the number carries a meaning for us. */
export const CLOSE = { sessionEnded: 4401, refused: 4403, tooSlow: 4409, outdated: 4426, tooLarge: 1009, restarting: 1012 } as const

/** Reads one frame; null when it is not one of ours (a newer server may say more than we know). */
export function readFrame(text: unknown): ServerFrame | null {
  if (typeof text !== 'string') return null
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const known = ['welcome', 'events', 'presence', 'pong']
  const isFrame = typeof value === 'object' && value !== null && 'type' in value && known.includes(String(value.type))
  return isFrame ? (value as ServerFrame) : null
}
