const FIRST_MS = 500
const LONGEST_MS = 15_000
const RESTARTING = 1012

/**
 * How long to wait before attempt number `attempt` (0 is the first): full jitter, that is, anywhere between nothing
 * and a ceiling that doubles from 0.5 s to 15 s, so that a restarted server is not met by everybody at once.
 */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return Math.round(random() * ceiling)
}

/** A node that stops says to each socket after how many milliseconds to come back; null when it said nothing of the kind. */
export function restartDelay(code: number, reason: string): number | null {
  const wait = code === RESTARTING ? Number.parseInt(reason, 10) : 0
  return wait > 0 ? Math.min(wait, LONGEST_MS) : null
}
