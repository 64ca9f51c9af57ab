import { afterEach, expect, it, vi } from 'vitest'
import { conversations, loadCounts, loadList } from './conversations'

afterEach(() => vi.unstubAllGlobals())

const COUNTS = { mine: 1, waiting: 0, bot: 0, open: 1, snoozed: 0, resolved: 0, all: 1 }
const ITEM = { id: 'c1', status: 'open', assignee_id: null, last_seq: 1, updated_at: '2026-11-22T01:00:00Z' }
const answer = (body: unknown) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } })

it('keeps a list that arrived while the counts were still under way', async () => {
  let giveCounts: (response: Response) => void = () => undefined
  const counts = new Promise<Response>((resolve) => {
    giveCounts = resolve
  })
  vi.stubGlobal('fetch', (request: Request) => (request.url.includes('/counts') ? counts : Promise.resolve(answer({ items: [ITEM], next_cursor: null }))))
  const counting = loadCounts()
  await loadList({ view: 'all' })
  giveCounts(answer(COUNTS))
  await counting
  expect(conversations.value.order).toEqual(['c1'])
  expect(conversations.value.counts).toEqual(COUNTS)
})
