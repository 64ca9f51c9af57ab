/** Two letters and a steady colour for somebody without a picture. */

const HAN = /\p{Script=Han}/u
const TONES = ['celadon', 'indigo', 'rose', 'amber', 'good'] as const
export type AvatarTone = (typeof TONES)[number]

/** 陈晓雯 gives 晓雯 (the given name is what people are called by), Ada Lovelace gives AL, ada gives A. */
export function initials(name: string): string {
  const trimmed = name.trim()
  const han = [...trimmed].filter((letter) => HAN.test(letter))
  if (han.length) return han.slice(-2).join('')
  const words = trimmed.split(/[\s._@-]+/u).filter(Boolean)
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase() || '?'
}

/** The same seed (an id, else the name) always gives the same colour. */
export function avatarTone(seed: string): AvatarTone {
  let hash = 7
  for (const letter of seed) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0
  return TONES[hash % TONES.length] ?? 'celadon'
}
