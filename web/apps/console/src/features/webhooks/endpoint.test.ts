import { describe, expect, it } from 'vitest'
import { barsOf, bodyOf, draftOf, healthOf, isAddress, pretty, type Endpoint } from './endpoint'

const endpoint: Endpoint = {
  id: 'e', url: 'https://shop.example/hook', description: 'ERP', events: ['message.sent'], inbox_ids: [], ordered: true, header_names: ['X-Key'], enabled: true,
  off_reason: null, old_secret_until: null, waiting: 0, failed: 0, oldest_waiting_at: null, behind: false, failing_since: null, last_success_at: null,
  last_reason: null, days: [], created_at: '2026-11-22T00:00:00Z', updated_at: '2026-11-22T00:00:00Z',
}

describe('the form of an endpoint', () => {
  it('keeps values of headers that nobody typed anew, and leaves out empty rows', () => {
    const draft = draftOf(endpoint)
    draft.headers.push({ name: ' X-New ', value: 'v', kept: false }, { name: '', value: 'lost', kept: false })
    expect(bodyOf(draft).headers).toEqual([{ name: 'X-Key', value: null }, { name: 'X-New', value: 'v' }])
  })
  it('replaces a kept value that was typed anew', () => {
    const draft = draftOf(endpoint)
    draft.headers[0]!.value = 'other'
    expect(bodyOf(draft).headers).toEqual([{ name: 'X-Key', value: 'other' }])
  })
  it.each(['', 'shop.example', 'ftp://shop.example', 'https://'])('takes %j for no address', (url) => expect(isAddress(url)).toBe(false))
})

describe('health', () => {
  it('says the worst first', () => {
    expect(healthOf({ ...endpoint, enabled: false, failing_since: 'x' })).toBe('off')
    expect(healthOf({ ...endpoint, failing_since: 'x', behind: true })).toBe('failing')
    expect(healthOf({ ...endpoint, behind: true, last_success_at: 'x' })).toBe('behind')
    expect(healthOf({ ...endpoint, last_success_at: 'x' })).toBe('well')
    expect(healthOf(endpoint)).toBe('new')
  })
})

it('days without a try are there too, over the end of a month', () => {
  const bars = barsOf([{ day: '2026-12-01', delivered: 3, failed: 1 }], '2026-12-02', 4)
  expect(bars.map((one) => [one.day, one.delivered])).toEqual([['2026-11-29', 0], ['2026-11-30', 0], ['2026-12-01', 3], ['2026-12-02', 0]])
})

it('what is no JSON stays as it came', () => {
  expect(pretty('<html>')).toBe('<html>')
  expect(pretty('{"a":1}')).toBe('{\n  "a": 1\n}')
})
