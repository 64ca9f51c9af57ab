/** Scores and thresholds on one scale from 0 to 1, and what the colours of a zone mean. */
import type { Zone } from '@/app/wire'

/** A share of the scale as a CSS length; what lies outside is held at its end. */
export const along = (value: number): string => `${Math.round(Math.min(1, Math.max(0, value)) * 1000) / 10}%`

/** Two digits, as thresholds are written. */
export const score = (value: number): string => value.toFixed(2)

export type Tone = 'good' | 'warning' | 'urgent' | 'neutral'

export const zoneTones: Record<Zone, Tone> = { answer: 'good', offer: 'warning', hand_over: 'urgent', small_talk: 'neutral', flow: 'neutral' }

export interface Mark {
  key: 'answer' | 'offer'
  value: number
  /** Labels that would run into each other are written on two levels. */
  raised: boolean
}

export function marksOf(thresholds: { answer: number; offer: number }): Mark[] {
  const close = Math.abs(thresholds.answer - thresholds.offer) < 0.22
  return [
    { key: 'offer', value: thresholds.offer, raised: false },
    { key: 'answer', value: thresholds.answer, raised: close },
  ]
}

/** The variants with one more, or null when it says nothing new. */
export function withVariant(question: string, variants: readonly string[], added: string): string[] | null {
  const wanted = added.trim()
  const known = [question, ...variants].some((text) => text.trim().toLowerCase() === wanted.toLowerCase())
  return wanted && !known ? [...variants, wanted] : null
}
