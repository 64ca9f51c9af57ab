import { describe, expect, it } from 'vitest'
import type { SpecialDay } from '@/app/wire'
import { datesText, draftProblem, fromDraft, kindOf, meet, over, standing, toDraft } from './specialDays'

const HERE = 'inbox-1' as SpecialDay['id']
const holiday = (first: string, last: string, more: Partial<SpecialDay> = {}): SpecialDay => ({
  id: 'day-1' as SpecialDay['id'],
  first,
  last,
  name: { zh: '国庆节' },
  spans: [],
  like: null,
  inbox_id: null,
  created_at: '2026-01-01T00:00:00Z',
  ...more,
})

describe('writing a special day', () => {
  it('comes back as it was kept', () => {
    for (const day of [holiday('2026-10-01', '2026-10-07'), holiday('2026-10-10', '2026-10-10', { like: 1 }), holiday('2026-11-11', '2026-11-11', { spans: [{ from: '08:00', to: '24:00' }], inbox_id: HERE })]) {
      const { id: _, created_at: __, ...given } = day
      expect(fromDraft(toDraft(day, '2026-11-23'), HERE)).toEqual(given)
    }
  })

  it('begins with a closed day, for every inbox, and forgets empty names', () => {
    const draft = toDraft(null, '2026-11-23')
    expect(draftProblem(draft)).toBe('name')
    expect(fromDraft({ ...draft, name: { zh: ' ', en: 'Christmas' } }, HERE)).toEqual({ first: '2026-11-23', last: '2026-11-23', name: { en: 'Christmas' }, spans: [], like: null, inbox_id: null })
  })

  it('says what is wrong', () => {
    const draft = { ...toDraft(null, '2026-11-23'), name: { en: 'x' } }
    expect(draftProblem(draft)).toBeNull()
    expect(draftProblem({ ...draft, last: '2026-11-22' })).toBe('dates')
    expect(draftProblem({ ...draft, first: '' })).toBe('dates')
    expect(draftProblem({ ...draft, kind: 'own', spans: [] })).toBe('hours')
    expect(draftProblem({ ...draft, kind: 'own', spans: [{ from: '10:00', to: '09:00' }] })).toBe('hours')
  })
})

describe('what is offered beside what is kept', () => {
  const kept = [holiday('2026-10-01', '2026-10-07'), holiday('2026-12-25', '2026-12-26', { inbox_id: HERE })]

  it('is there, is in the way, or is free, within the same inbox or all', () => {
    expect(standing(holiday('2026-10-01', '2026-10-07'), kept, null)).toBe('there')
    expect(standing(holiday('2026-10-07', '2026-10-08'), kept, null)).toBe('meets')
    expect(standing(holiday('2026-10-01', '2026-10-07', { like: 1 }), kept, null)).toBe('meets')
    expect(standing(holiday('2026-10-08', '2026-10-08'), kept, null)).toBe('free')
    expect(standing(holiday('2026-12-25', '2026-12-25'), kept, null)).toBe('free')
    expect(standing(holiday('2026-12-25', '2026-12-25'), kept, HERE)).toBe('meets')
  })

  it('is over when its last day is', () => {
    const days = [holiday('2026-10-01', '2026-10-07'), holiday('2026-11-20', '2026-11-23'), holiday('2026-12-25', '2026-12-25')]
    expect([...over(days, '2026-11-23')]).toEqual([0])
    expect([...over(days, '2026-11-24')]).toEqual([0, 1])
  })

  it('meets by a common day', () => {
    expect(meet(kept[0]!, { first: '2026-10-07', last: '2026-10-09' })).toBe(true)
    expect(meet(kept[0]!, { first: '2026-10-08', last: '2026-10-09' })).toBe(false)
  })
})

describe('how it reads', () => {
  const now = new Date('2026-11-23T00:00:00Z')

  it('names days and weekdays, and the year when it is another', () => {
    expect(datesText(holiday('2026-10-01', '2026-10-07'), 'zh', now)).toBe('10月1日周四 – 10月7日周三')
    expect(datesText(holiday('2026-12-25', '2026-12-25'), 'en', now)).toBe('Fri, Dec 25')
    expect(datesText(holiday('2027-01-01', '2027-01-01'), 'en', now)).toContain('2027')
  })

  it('knows the three kinds', () => {
    expect([holiday('a', 'a'), holiday('a', 'a', { like: 3 }), holiday('a', 'a', { spans: [{ from: '09:00', to: '10:00' }] })].map(kindOf)).toEqual(['closed', 'like', 'own'])
  })
})
