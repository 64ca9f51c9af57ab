/** Whether one may write now, as it will be said: pure, from what the server told and the present time. */
import type { ReplyWindow } from '@/app/wire'

export type WindowLook =
  | { open: true; until: string | null; left: number | null }
  | { open: false; why: 'closed' | 'spent' | 'broken' | 'gone'; instead: readonly string[] }

/** `now` in milliseconds. A window that was open when it was asked for shuts by itself when its time has come. */
export function lookOf(window: ReplyWindow, now: number): WindowLook {
  const ended = window.until !== null && window.until !== undefined && Date.parse(window.until) <= now
  if (window.open && !ended) return { open: true, until: window.until ?? null, left: window.left ?? null }
  const instead = window.instead ?? []
  if (window.reason === 'broken') return { open: false, why: 'broken', instead }
  if (window.reason === 'left') return { open: false, why: 'gone', instead }
  if (window.left === 0) return { open: false, why: 'spent', instead }
  return { open: false, why: 'closed', instead }
}

/** Whether a reply could be written at all: a broken channel still queues, everything else that is shut does not send. */
export const takesReplies = (look: WindowLook): boolean => look.open || look.why === 'broken'

/** The words of a template with the values put into their places; places without one stay as they are. */
export function filled(body: string, values: readonly string[]): string {
  return body.replace(/\{\{(\d+)\}\}/g, (place, number: string) => values[Number(number) - 1]?.trim() || place)
}

/** How many values a template takes: its highest place. */
export const placesOf = (body: string): number => Math.max(0, ...[...body.matchAll(/\{\{(\d+)\}\}/g)].map((found) => Number(found[1])))

export const allFilled = (places: number, values: readonly string[]): boolean => Array.from({ length: places }).every((_, at) => values[at]?.trim())
