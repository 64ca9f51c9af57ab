/** Change against the period before. */

export interface Change {
  /** +0.12 is twelve percent more. */
  share: number
  /** Whether more is good news for this figure: drives the colour, never alone the meaning. */
  mood: 'good' | 'bad' | 'flat'
}

/** A period with fewer than this many says nothing about growth. */
const LEAST = 10

/** Null when there is too little to compare with. Under half a percent either way counts as flat. */
export function changeOf(now: number, before: number, moreIs: 'good' | 'bad' | 'neutral'): Change | null {
  if (before < LEAST) return null
  const share = now / before - 1
  if (Math.abs(share) < 0.005 || moreIs === 'neutral') return { share, mood: 'flat' }
  return { share, mood: share > 0 === (moreIs === 'good') ? 'good' : 'bad' }
}
