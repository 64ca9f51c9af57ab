const FIRST_MS = 500
const LONGEST_MS = 15_000

/**
 * How long to wait before attempt number `attempt` (0 is the first): full jitter, that is, anywhere between nothing
 * and a ceiling that doubles from 0.5 s to 15 s, so that a restarted server is not met by everybody at once.
 */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10))
  return Math.round(random() * ceiling)
}
