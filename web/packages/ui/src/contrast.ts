/** Reads colour tokens and computes contrast as WCAG 2.2 defines it (relative luminance of sRGB, ratio 1 to 21). */

export type Tokens = Record<string, string>

const COLOUR = /--([\w-]+):\s*(#[0-9a-f]{6})\s*;/gi
const BLOCK = /:root(\[data-theme='dark'\]|:not\(\[data-theme='light'\]\))?\s*\{([^}]*)\}/g

function coloursIn(block: string): Tokens {
  return Object.fromEntries([...block.matchAll(COLOUR)].map(([, name, colour]) => [name, colour?.toLowerCase()]))
}

/** The colours of the light block, the chosen dark one and the system's dark one. */
export function readThemes(css: string): { light: Tokens; dark: Tokens; system: Tokens } {
  const blocks = [...css.matchAll(BLOCK)].map(([, selector, body]) => ({ selector, tokens: coloursIn(body ?? '') }))
  const find = (test: (selector: string | undefined) => boolean): Tokens =>
    blocks.find(({ selector, tokens }) => test(selector) && Object.keys(tokens).length > 0)?.tokens ?? {}
  return {
    light: find((selector) => selector === undefined),
    dark: find((selector) => selector?.startsWith('[') ?? false),
    system: find((selector) => selector?.startsWith(':not') ?? false),
  }
}

function luminance(colour: string): number {
  const channels = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16) / 255)
  const [red = 0, green = 0, blue = 0] = channels.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

export function contrast(tokens: Tokens, front: string, back: string): number {
  const [one, other] = [front, back].map((name) => {
    const colour = tokens[name]
    if (!colour) throw new Error(`no colour token named ${name}`)
    return luminance(colour)
  }) as [number, number]
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
}
