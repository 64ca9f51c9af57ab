/**
 * A company gives one colour; these functions make it readable on every surface. Contrast and luminance as defined by
 * WCAG 2.2 ("contrast ratio", "relative luminance"): ratios run from 1 to 21.
 */
export type Rgb = readonly [number, number, number]

export const TEXT_RATIO = 4.5
export const EDGE_RATIO = 3
const INK: Rgb = [22, 33, 31]
const WHITE: Rgb = [255, 255, 255]
const BLACK: Rgb = [0, 0, 0]

export interface Brand {
  /** Ground of own messages and main buttons, and what is written on it. */
  fill: string
  onFill: string
  /** The colour as text or icon on the panel's surface, and as an edge that must be seen. */
  text: string
  edge: string
  soft: string
}

/** `#rgb` or `#rrggbb`; null for anything else. */
export function parseColour(value: string | undefined): Rgb | null {
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(value?.trim() ?? '')?.[1]
  if (!hex) return null
  const wide = hex.length === 3 ? hex.replace(/./g, '$&$&') : hex
  return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16)) as unknown as Rgb
}

export function toHex(colour: Rgb): string {
  return '#' + colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')
}

export function contrast(a: Rgb, b: Rgb): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** The nearest shade of `colour` with at least `ratio` against every one of `grounds`: darker on light ground, lighter on dark. */
export function repair(colour: Rgb, grounds: readonly Rgb[], ratio: number): Rgb {
  const towards = luminance(grounds[0] ?? WHITE) > 0.18 ? BLACK : WHITE
  for (let share = 0; share < 1; share += 0.02) {
    const tried = mix(colour, towards, share)
    if (grounds.every((ground) => contrast(tried, ground) >= ratio)) return tried
  }
  return towards
}

/** Every shade the panel needs, for a surface that is light or dark. */
export function brandFrom(colour: Rgb, surface: Rgb): Brand {
  const onFill = contrast(WHITE, colour) >= TEXT_RATIO ? WHITE : INK
  const fill = contrast(onFill, colour) >= TEXT_RATIO ? colour : repair(colour, [WHITE], TEXT_RATIO)
  const soft = mix(surface, colour, 0.12)
  return {
    fill: toHex(fill),
    onFill: toHex(fill === colour ? onFill : WHITE),
    text: toHex(repair(colour, [surface, soft], TEXT_RATIO)),
    edge: toHex(repair(colour, [surface], EDGE_RATIO)),
    soft: toHex(soft),
  }
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, i) => Math.round(part + ((to[i] ?? 0) - part) * share)) as unknown as Rgb
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
