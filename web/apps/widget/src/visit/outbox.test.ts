import { beforeEach, expect, test } from 'vitest'
import { openKeep } from './keep.ts'
import { isOutboxName, makeId, Outbox, outgoing } from './outbox.ts'

beforeEach(() => localStorage.clear())

const full = { setItem: () => { throw new Error('quota') }, getItem: () => null, removeItem: () => undefined, key: () => null, length: 0, clear: () => undefined } as Storage

test('a letter survives a new page and keeps its id', () => {
  const letter = new Outbox(openKeep('k')).write('你好', [], 'entry')
  const [found] = new Outbox(openKeep('k')).pending()
  expect(found).toEqual(letter)
  expect(outgoing(letter)).toEqual({ client_id: letter.client_id, text: '你好', attachments: [], option: 'entry' })
})

test('letters keep the order of writing, even within one millisecond', () => {
  const outbox = new Outbox(openKeep('k'), () => Date.now())
  const written = ['a', 'b', 'c', 'd'].map((text) => outbox.write(text, []).text)
  expect(outbox.letters().map((letter) => letter.text)).toEqual(written)
})

test('what was sent is gone, what was refused waits for a decision', () => {
  const outbox = new Outbox(openKeep('k'))
  const [sent, refused] = [outbox.write('one', []), outbox.write('two', [])]
  expect(outbox.sent(sent.client_id)?.text).toBe('one')
  outbox.refused(refused.client_id, 'qiao.invalid')
  expect(outbox.pending()).toEqual([])
  expect(outbox.letters()[0]).toMatchObject({ state: 'failed', code: 'qiao.invalid' })
})

test('a retry keeps the id, so that the server can tell it is the same message', () => {
  const outbox = new Outbox(openKeep('k'))
  const { client_id } = outbox.write('again', [])
  outbox.refused(client_id, 'x')
  outbox.retry(client_id)
  expect(outbox.pending().map((letter) => letter.client_id)).toEqual([client_id])
  outbox.discard(client_id)
  expect(outbox.letters()).toEqual([])
})

test('yesterday’s letters are shown but not sent unasked', () => {
  new Outbox(openKeep('k'), () => Date.parse('2026-01-01T00:00:00Z')).write('old', [])
  const outbox = new Outbox(openKeep('k'), () => Date.parse('2026-01-02T00:00:01Z'))
  expect(outbox.pending()).toEqual([])
  expect(outbox.letters()[0]?.state).toBe('failed')
})

test('two inboxes and two tabs do not overwrite each other', () => {
  const [one, two] = [new Outbox(openKeep('k')), new Outbox(openKeep('k'))]
  one.write('from one', [])
  two.write('from two', [])
  new Outbox(openKeep('other')).write('elsewhere', [])
  expect(one.letters().map((letter) => letter.text).sort()).toEqual(['from one', 'from two'])
})

test('blocked or full storage falls back to memory', () => {
  for (const storage of [null, full]) {
    const outbox = new Outbox(openKeep('k', storage))
    const { client_id } = outbox.write('kept', [])
    expect(outbox.pending()).toHaveLength(1)
    expect(outbox.sent(client_id)?.text).toBe('kept')
  }
})

test('spoilt entries are passed over', () => {
  localStorage.setItem('qiao.k.outbox.x', '{"client_id":1')
  localStorage.setItem('qiao.k.outbox.y', '{"text":3}')
  expect(new Outbox(openKeep('k')).letters()).toEqual([])
  expect(isOutboxName('outbox.x')).toBe(true)
})

test('ids are version 4 UUIDs', () => {
  expect(makeId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Set(Array.from({ length: 100 }, makeId)).size).toBe(100)
})
