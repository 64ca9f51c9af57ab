import { describe, expect, it } from 'vitest'
import en from '@/locales/en/llm.json'
import zh from '@/locales/zh/llm.json'
import { changesOf, CHECKS, knownChecks, outcomeTone, problemsOf, spent, type ModelSettings } from './draft'

const SAVED: ModelSettings = { enabled: false, tone: 'neutral', tokens_a_day: 200_000, tokens_a_month: 3_000_000, keep_log_days: 30, mask_order_numbers: false }

describe('the settings of the language model', () => {
  it('are sent as far as they changed', () => {
    expect(changesOf(SAVED, { ...SAVED })).toEqual({})
    expect(changesOf(SAVED, { ...SAVED, enabled: true, tokens_a_day: 0 })).toEqual({ enabled: true, tokens_a_day: 0 })
  })

  it('are whole numbers from nothing to the most the server takes', () => {
    expect(problemsOf({ ...SAVED, tokens_a_day: 0, keep_log_days: 0 }).size).toBe(0)
    const wrong = problemsOf({ ...SAVED, tokens_a_day: -1, tokens_a_month: 1.5, keep_log_days: 366 })
    expect([...wrong].sort()).toEqual(['keep_log_days', 'tokens_a_day', 'tokens_a_month'])
    // An emptied field holds a text.
    expect(problemsOf({ ...SAVED, tokens_a_day: '' as unknown as number })).toEqual(new Set(['tokens_a_day']))
  })
})

describe('a budget', () => {
  it('is spent by its share, never beyond it, and one of nothing is spent', () => {
    expect([spent(50, 200), spent(300, 200), spent(0, 200), spent(0, 0)]).toEqual([0.25, 1, 0, 1])
  })
})

describe('what became of a request', () => {
  it('is good only when somebody was shown it', () => {
    expect((['used', 'rejected', 'unsafe', 'declined', 'unavailable', 'not_asked'] as const).map(outcomeTone)).toEqual(['good', 'warning', 'warning', 'neutral', 'neutral', 'neutral'])
  })

  it('names each check that failed, in both languages', () => {
    expect(knownChecks(['figure', 'something new', 'acted'])).toEqual(['acted', 'figure'])
    for (const catalogue of [zh, en]) expect(Object.keys(catalogue.checks).sort()).toEqual([...CHECKS].sort())
  })
})
