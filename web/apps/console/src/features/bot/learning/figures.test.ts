import { describe, expect, it } from 'vitest'
import { dayShares, figuresOf, isAnother, margin, runShares, speaks, wordings } from './figures'

const day = { day: '2026-03-02', sessions: 10, verified: 2, assumed: 3, handed_over: 3, recontacted: 1, unresolved: 1, pending: 0 }

describe('shares of a day', () => {
  it('are of the settled sessions alone', () => {
    const [one] = dayShares([{ ...day, sessions: 14, pending: 4 }])
    expect(one).toMatchObject({ settled: 10, shares: { verified: 0.2, assumed: 0.3, handed_over: 0.3, recontacted: 0.1, unresolved: 0.1 } })
  })
  it('are zero on a day on which nothing is settled', () => {
    const [one] = dayShares([{ ...day, verified: 0, assumed: 0, handed_over: 0, recontacted: 0, unresolved: 0, pending: 10 }])
    expect(one?.settled).toBe(0)
    expect(Object.values(one?.shares ?? {})).toEqual([0, 0, 0, 0, 0])
  })
})

describe('shares of a run', () => {
  it('sum to one', () => {
    const { cases, shares } = runShares({ counts: { right: 7, offered: 1, handed_over: 1, missed: 0, wrong: 1 } })
    expect(cases).toBe(10)
    expect(shares).toEqual({ right: 0.7, offered: 0.1, handed_over: 0.1, missed: 0, wrong: 0.1 })
  })
  it('take a verdict that is not named as none', () => {
    expect(runShares({ counts: { right: 1 } }).shares.wrong).toBe(0)
    expect(runShares({ counts: {} }).cases).toBe(0)
  })
})

describe('an interval', () => {
  it('is shown by half its width', () => {
    expect(margin({ hits: 5, n: 10, value: 0.5, low: 0.25, high: 0.75 })).toBe(0.25)
    expect(margin({ hits: 0, n: 0, value: null, low: 0, high: 1 })).toBeNull()
  })
})

describe('wordings', () => {
  it('are lines, once each', () => {
    expect(wordings(' 怎么退 \n\n怎么退\r\nhow to return')).toEqual(['怎么退', 'how to return'])
  })
})

describe('what an experiment compares', () => {
  const subject = (kind: 'entry' | 'flow') => ({ kind, id: 'x', title: {}, answer: '', version: 0 })
  it('is what can happen to it', () => {
    expect(figuresOf({ subject: subject('flow') })).toContain('finished')
    expect(figuresOf({ subject: subject('flow') })).not.toContain('asked_again')
    for (const other of [{ subject: subject('entry') }, { subject: null }]) {
      expect(figuresOf(other)).toContain('asked_again')
      expect(figuresOf(other)).not.toContain('finished')
    }
  })
  it('speaks for the second version only where it is sure and better', () => {
    expect(speaks('verified', { value: 0.2, sure: true })).toBe('for')
    expect(speaks('verified', { value: 0.2, sure: false })).toBe('neither')
    expect(speaks('handed_over', { value: 0.2, sure: true })).toBe('against')
    expect(speaks('handed_over', { value: -0.2, sure: true })).toBe('for')
    expect(speaks('assumed', { value: 0.4, sure: true })).toBe('neither')
    expect(speaks('helpful', undefined)).toBe('neither')
  })
})

describe('another answer', () => {
  it('says something else than the first', () => {
    expect(isAnother('包邮', '包邮。')).toBe(true)
    expect(isAnother('包邮', ' 包邮\n')).toBe(false)
    expect(isAnother('包邮', '  ')).toBe(false)
  })
})
