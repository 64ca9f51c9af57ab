import { describe, expect, it } from 'vitest'
import { allowed, drawn, inUse, isRough, rowsOf } from './curve'

const point = (threshold: number, answered: number, needs: number) => ({ threshold, answered, wrong: needs / 2, feared: needs / 2, needs })
const POINTS = [point(0.5, 0.8, 0.12), point(0.6, 0.6, 0.05), point(0.7, 0.5, 0.06), point(0.8, 0.3, 0.02), point(0.9, 0, 1)]

describe('a target on the curve', () => {
  it('is met by the least careful point that is careful enough, however the line wavers', () => {
    expect(allowed(POINTS, 0.05)?.threshold).toBe(0.6)
    expect(allowed(POINTS, 0.2)?.threshold).toBe(0.5)
    expect(allowed(POINTS, 0.03)?.threshold).toBe(0.8)
  })

  it('is met by none when even the most careful is not enough, and answering nothing is no way to meet it', () => {
    expect(allowed(POINTS, 0.01)).toBeNull()
    expect(allowed([point(0.9, 0, 0)], 0.2)).toBeNull()
    expect(allowed([], 0.2)).toBeNull()
  })

  it('answers no fewer when more may be wrong', () => {
    const answered = [0.02, 0.04, 0.05, 0.11, 0.12, 0.25].map((target) => allowed(POINTS, target)?.answered ?? 0)
    expect(answered).toEqual([...answered].sort((a, b) => a - b))
  })
})

describe('the line', () => {
  it('runs from few answers to many and leaves out where nothing is answered', () => {
    expect(drawn(POINTS).map((one) => one.answered)).toEqual([0.3, 0.5, 0.6, 0.8])
    expect(POINTS[0]?.answered).toBe(0.8)
  })

  it('marks the threshold in use at its own point, or at the one just below it', () => {
    expect(inUse({ points: POINTS, answer_at: 0.6 })?.threshold).toBe(0.6)
    expect(inUse({ points: POINTS, answer_at: 0.6923 })?.threshold).toBe(0.6)
    expect(inUse({ points: POINTS, answer_at: 0.99 })?.threshold).toBe(0.9)
    expect(inUse({ points: POINTS, answer_at: 0.4 })?.threshold).toBe(0.5)
    expect(inUse({ points: [], answer_at: 0.9 })).toBeNull()
  })

  it('is rough on few examples', () => {
    expect([isRough({ examples: 12 }), isRough({ examples: 200 })]).toEqual([true, false])
  })
})

describe('the table', () => {
  it('has a row a threshold with every language beside the others, and a gap where one has none', () => {
    const rows = rowsOf([{ points: POINTS.slice(0, 2) }, { points: POINTS.slice(1, 3) }])
    expect(rows.map((row) => row.threshold)).toEqual([0.5, 0.6, 0.7])
    expect(rows[0]?.points).toEqual([POINTS[0], null])
    expect(rows[1]?.points).toEqual([POINTS[1], POINTS[1]])
  })
})
