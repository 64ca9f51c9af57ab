/** The language model's settings as the form holds them, and words for what became of a request as keys of the catalogue. Pure. */
import type { Server } from '@/app/wire'

export type ModelSettings = Server['LanguageModelSettings']
export type ModelStatus = Server['LanguageModelStatus']
export type ModelUse = Server['LanguageModelUse']
export type Tried = Server['TriedAnswer']
export type Bounded = 'tokens_a_day' | 'tokens_a_month' | 'keep_log_days'

export const TONES = ['neutral', 'warm', 'formal', 'brief'] as const
/** The checks an answer can fail, as the server names them. */
export const CHECKS = [
  'acted', 'citation', 'code', 'contradicts', 'date', 'email', 'empty', 'figure', 'hidden', 'human', 'language', 'leak', 'length', 'link', 'markup', 'mask', 'promise', 'strange', 'uncited', 'unsupported',
] as const

const BOUNDS: Record<Bounded, number> = { tokens_a_day: 1_000_000_000, tokens_a_month: 10_000_000_000, keep_log_days: 365 }

/** Fields that the server would refuse. A month that allows less than a day is allowed, and hinted at. */
export function problemsOf(draft: ModelSettings): Set<Bounded> {
  const names = Object.keys(BOUNDS) as Bounded[]
  return new Set(names.filter((name) => !Number.isInteger(draft[name]) || draft[name] < 0 || draft[name] > BOUNDS[name]))
}

/** Only what differs. */
export function changesOf(saved: ModelSettings, draft: ModelSettings): Server['LanguageModelChanges'] {
  const names = Object.keys(draft) as (keyof ModelSettings)[]
  return Object.fromEntries(names.filter((name) => draft[name] !== saved[name]).map((name) => [name, draft[name]]))
}

/** The share of a budget that is spent, 0 to 1; a budget of nothing is spent. */
export const spent = (used: number, budget: number): number => (budget > 0 ? Math.min(1, used / budget) : 1)

type Tone = 'good' | 'warning' | 'urgent' | 'neutral'
export const STATE_TONES: Record<ModelStatus['state'], Tone> = { ready: 'good', off: 'neutral', not_configured: 'neutral', over_budget: 'warning', failing: 'urgent' }

/** What was shown to somebody is good, what was turned away is a warning, what never came is neither's fault. */
export function outcomeTone(outcome: ModelUse['outcome'] | Tried['outcome']): Tone {
  if (outcome === 'used') return 'good'
  return outcome === 'rejected' || outcome === 'unsafe' ? 'warning' : 'neutral'
}

/** The checks that failed, those that the catalogue knows by name. */
export const knownChecks = (failed: readonly string[]): (typeof CHECKS)[number][] => CHECKS.filter((check) => failed.includes(check))
