/** Waiting times between attempts to connect: doubling from half a second to fifteen, with full jitter. */
export const FIRST_MS = 500
export const LONGEST_MS = 15_000

/** Milliseconds before attempt number `failures` (1 = after the first failure), anywhere between 0 and the ceiling. */
export function waitBefore(failures: number, random: () => number = Math.random): number {
  return Math.round(random() * ceiling(failures))
}

export function ceiling(failures: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1))
}
