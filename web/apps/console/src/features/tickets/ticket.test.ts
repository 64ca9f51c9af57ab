import { describe, expect, it } from 'vitest'
import { fieldChanges, fits, NOBODY, queryOf, type Ticket } from './ticket'

const ticket = { id: 't', state: 'open', type: 'general', assignee_id: 'p', fields: { number: '1001', size: 'l' } } as unknown as Ticket
const any = { state: '', type: '', assignee: '' }

describe('filters', () => {
  it('asks the server for what is shown, and for nothing it does not know', () => {
    expect(queryOf(any)).toEqual({})
    expect(queryOf({ state: 'pending', type: 'general', assignee: 'p' })).toEqual({ state: 'pending', type: 'general', assignee_id: 'p' })
    expect(queryOf({ ...any, assignee: NOBODY })).toEqual({ unassigned: true })
    expect(queryOf({ ...any, state: 'lost' })).toEqual({})
  })
  it.each([
    [any, true],
    [{ ...any, state: 'open', assignee: 'p' }, true],
    [{ ...any, state: 'solved' }, false],
    [{ ...any, type: 'returns' }, false],
    [{ ...any, assignee: 'q' }, false],
    [{ ...any, assignee: NOBODY }, false],
  ])('a list of %o holds the ticket: %s', (filters, held) => {
    expect(fits(ticket, filters)).toBe(held)
  })
  it('nobody’s tickets are those without a person', () => {
    expect(fits({ ...ticket, assignee_id: null }, { ...any, assignee: NOBODY })).toBe(true)
  })
})

describe('fields', () => {
  it('sends what was changed and what was emptied, and no more', () => {
    expect(fieldChanges(ticket, { number: ' 1001 ', size: '', note: 'x' })).toEqual({ size: '', note: 'x' })
    expect(fieldChanges(ticket, { note: ' ' })).toEqual({})
  })
})
