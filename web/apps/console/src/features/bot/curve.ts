/** What more or less care would cost: where a target lies on the rehearsed curve. Shares 0 to 1; no drawing, no words. */
import type { AnswerCurve, CurvePoint } from '@/app/wire'

/** As far as the axis of wrong answers goes; the target cannot be moved beyond it. */
export const MOST_WRONG = 0.25
/** Below so many rehearsed questions a curve is a rough guess. */
const ENOUGH = 60

/** The points that answer anything, from the most careful to the least: the order in which the line is drawn. */
export const drawn = (points: readonly CurvePoint[]): CurvePoint[] => points.filter((point) => point.answered > 0).reverse()

/** The least careful point that the target allows; null where none is careful enough. */
export function allowed(points: readonly CurvePoint[], target: number): CurvePoint | null {
  return points.find((point) => point.answered > 0 && point.needs <= target) ?? null
}

/** The point of the threshold that is in use now: nothing lies between the two, since fitting takes the confidence of a rehearsed question. */
export function inUse(curve: Pick<AnswerCurve, 'points' | 'answer_at'>): CurvePoint | null {
  return curve.points.findLast((point) => point.threshold <= curve.answer_at) ?? curve.points[0] ?? null
}

export const isRough = (curve: Pick<AnswerCurve, 'examples'>): boolean => curve.examples < ENOUGH

export interface CurveRow {
  threshold: number
  /** By curve, in their order. */
  points: (CurvePoint | null)[]
}

/** The same numbers for a table: a row a threshold, every curve beside the others. */
export function rowsOf(curves: readonly Pick<AnswerCurve, 'points'>[]): CurveRow[] {
  const thresholds = [...new Set(curves.flatMap((curve) => curve.points.map((point) => point.threshold)))].sort((a, b) => a - b)
  return thresholds.map((threshold) => ({ threshold, points: curves.map((curve) => curve.points.find((point) => point.threshold === threshold) ?? null) }))
}
