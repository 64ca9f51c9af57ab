import { describe, expect, it } from 'vitest'
import type { DuePromise } from '@/app/wire'
import { urgency } from './due'

const NOW = Date.parse('2026-11-22T12:00:00Z')
const promise = (fields: Partial<DuePromise['promise']>) => ({ promise: { state: 'open', starts_at: null, due_at: '2026-11-22T18:00:00Z', ...fields } }) as DuePromise

describe('how pressing a promise is', () => {
  it.each([
    [{}, 'later'],
    [{ starts_at: '2026-11-22T12:30:00Z' }, 'soon'],
    [{ due_at: '2026-11-22T12:59:00Z' }, 'soon'],
    [{ due_at: '2026-11-22T11:59:00Z' }, 'late'],
    [{ state: 'broken' as const }, 'late'],
  ])('%j is %s', (fields, expected) => {
    expect(urgency(promise(fields), NOW)).toBe(expected)
  })
})
