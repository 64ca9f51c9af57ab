/** The arithmetic of the learning pages: shares with their intervals, bars of runs. No drawing, no words. */
import type { EvaluationRun, Experiment, Outcomes, Share } from './wire'

export const ENDS = ['verified', 'assumed', 'unresolved', 'recontacted', 'handed_over'] as const
export type End = (typeof ENDS)[number]
export const VERDICTS = ['right', 'offered', 'handed_over', 'missed', 'wrong'] as const
export type Verdict = (typeof VERDICTS)[number]

export const END_FILLS: Record<End, string> = { verified: 'fill-celadon', assumed: 'fill-slate', unresolved: 'fill-amber', recontacted: 'fill-rose', handed_over: 'fill-indigo' }
export const END_SWATCHES: Record<End, string> = { verified: 'bg-celadon', assumed: 'bg-slate', unresolved: 'bg-amber', recontacted: 'bg-rose', handed_over: 'bg-indigo' }
export const VERDICT_FILLS: Record<Verdict, string> = { right: 'fill-celadon', offered: 'fill-indigo', handed_over: 'fill-slate', missed: 'fill-amber', wrong: 'fill-vermilion' }
export const VERDICT_SWATCHES: Record<Verdict, string> = { right: 'bg-celadon', offered: 'bg-indigo', handed_over: 'bg-slate', missed: 'bg-amber', wrong: 'bg-vermilion' }
export const VERDICT_TONES = { right: 'good', offered: 'indigo', handed_over: 'neutral', missed: 'warning', wrong: 'urgent' } as const

export interface DayShares {
  day: string
  settled: number
  shares: Record<End, number>
}

/** Of each day the shares of its settled sessions, 0 to 1; zeros on a day without. */
export function dayShares(days: Outcomes['by_day']): DayShares[] {
  return days.map((day) => {
    const settled = ENDS.reduce((sum, end) => sum + day[end], 0)
    const shares = Object.fromEntries(ENDS.map((end) => [end, settled ? day[end] / settled : 0])) as Record<End, number>
    return { day: day.day, settled, shares }
  })
}

/** How many cases a run has, and the share of each verdict. */
export function runShares(run: Pick<EvaluationRun, 'counts'>): { cases: number; shares: Record<Verdict, number> } {
  const cases = VERDICTS.reduce((sum, verdict) => sum + (run.counts[verdict] ?? 0), 0)
  const shares = Object.fromEntries(VERDICTS.map((verdict) => [verdict, cases ? (run.counts[verdict] ?? 0) / cases : 0])) as Record<Verdict, number>
  return { cases, shares }
}

/** Half the width of the 95 % interval, as a share; null where nothing is known. */
export const margin = (share: Share): number | null => (share.value === null ? null : (share.high - share.low) / 2)

/** Wordings as they are typed, one a line: trimmed, without empty lines and repeats. */
export function wordings(text: string): string[] {
  return [...new Set(text.split('\n').map((line) => line.trim()).filter(Boolean))]
}

/** Figures of an experiment, and whether more of it is better: 1, worse: -1, or says nothing by itself: 0. */
export const GOOD = { finished: 1, verified: 1, assumed: 0, contained: 1, handed_over: -1, asked_again: -1, helpful: 1 } as const
export type Figure = keyof typeof GOOD

/** What can be compared: only a flow's runs finish, and only an answer is asked again. */
export function figuresOf(one: Pick<Experiment, 'subject'>): Figure[] {
  const without = one.subject?.kind === 'flow' ? 'asked_again' : 'finished'
  return (Object.keys(GOOD) as Figure[]).filter((figure) => figure !== without)
}

/** Whether a difference that is sure speaks for the second version, against it, or for neither. */
export function speaks(figure: Figure, difference: { value: number | null; sure: boolean } | undefined): 'for' | 'against' | 'neither' {
  const side = difference?.sure ? Math.sign(difference.value ?? 0) * GOOD[figure] : 0
  return side > 0 ? 'for' : side < 0 ? 'against' : 'neither'
}

/** Whether an answer is another one, however it is set. */
export const isAnother = (first: string, second: string): boolean => Boolean(second.trim()) && second.trim() !== first.trim()
