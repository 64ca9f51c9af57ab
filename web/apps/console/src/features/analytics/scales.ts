/** The arithmetic of the charts: round axes, bands, stacks, lines with gaps. Pixels in, pixels out; no drawing. */

export interface Tick {
  value: number
  at: number
}

/** A round number at or above `value`: 1, 2, 2.5 or 5 times a power of ten. Zero gives one, so that an empty chart has an axis. */
export function roundUp(value: number): number {
  if (value <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 2, 2.5, 5, 10].find((factor) => factor * power >= value) ?? 10
  return step * power
}

/** Ticks from zero in `count` or fewer equal round steps, whole numbers only; the last is at or above `highest`. */
export function ticksTo(highest: number, count = 4): number[] {
  const step = Math.max(1, roundUp(Math.max(highest, 1) / count))
  const whole = Math.ceil(step)
  const steps = Math.max(1, Math.ceil(highest / whole))
  return Array.from({ length: steps + 1 }, (_, index) => index * whole)
}

/** Round steps of time for an axis in seconds: 1 s to 1 day. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400]

export function timeTicksTo(highest: number, count = 4): number[] {
  const step = TIME_STEPS.find((size) => size * count >= highest) ?? Math.ceil(highest / count / 86_400) * 86_400
  return Array.from({ length: Math.max(1, Math.ceil(highest / step)) + 1 }, (_, index) => index * step)
}

/** From a value to a height measured from the top of a plot, zero at the bottom. */
export function placeOn(highest: number, height: number): (value: number) => number {
  return (value) => height - (Math.max(0, value) / (highest || 1)) * height
}

export interface Band {
  at: number
  width: number
  centre: number
}

/** `count` equal bands over `width`, with `gap` (a share of the band) between them; never thinner than one pixel. */
export function bands(count: number, width: number, gap = 0.28): Band[] {
  const step = count ? width / count : width
  const thick = Math.max(1, Math.min(step * (1 - gap), 36))
  return Array.from({ length: count }, (_, index) => ({
    at: index * step + (step - thick) / 2,
    width: thick,
    centre: index * step + step / 2,
  }))
}

export interface Slice {
  key: string
  from: number
  to: number
}

/** Parts of one bar from the baseline up, in the order given. */
export function stack(parts: readonly { key: string; value: number }[]): Slice[] {
  let base = 0
  return parts.map(({ key, value }) => {
    const slice = { key, from: base, to: base + Math.max(0, value) }
    base = slice.to
    return slice
  })
}

export interface Point {
  x: number
  y: number | null
}

/** An SVG path that breaks where there is no value; a lone point becomes a short dash so that it is seen. */
export function linePath(points: readonly Point[]): string {
  const parts: string[] = []
  points.forEach((point, index) => {
    if (point.y === null) return
    const before = points[index - 1]?.y ?? null
    const after = points[index + 1]?.y ?? null
    const spot = `${round(point.x)},${round(point.y)}`
    if (before !== null) parts.push(`L${spot}`)
    else parts.push(after === null ? `M${round(point.x - 2)},${round(point.y)}L${round(point.x + 2)},${round(point.y)}` : `M${spot}`)
  })
  return parts.join('')
}

/** Which of `count` labels to write so that each has `room` pixels; the last one always. */
export function labelIndexes(count: number, width: number, room = 64): number[] {
  const every = Math.max(1, Math.ceil((count * room) / Math.max(width, 1)))
  return Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % every === 0)
}

/** The band under a pointer, or -1. */
export const bandAt = (x: number, count: number, width: number): number =>
  count && x >= 0 && x < width ? Math.min(count - 1, Math.floor((x / width) * count)) : -1

const round = (value: number): number => Math.round(value * 10) / 10
