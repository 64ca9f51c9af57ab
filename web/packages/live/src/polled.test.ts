import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PolledSocket } from './polled'

const page = (position: number, more: object = {}) => ({
  epoch: 'e',
  position,
  recovered: true,
  app_version: '1',
  items: [],
  ...more,
})
const item = (n: number) => ({ n, name: 'x.v1', subject: 's', seq: null, at: '', data: {} })

const LASTS_MS = 60_000
let asked: URL[]
let answers: (object | number)[]
let open: PolledSocket[]
/** Answers the request that waits. */
let release: (answer: object) => Promise<unknown>

/** A server that gives these answers and then keeps the client waiting. */
function fetchFrom(input: string, options: RequestInit): Promise<Response> {
  asked.push(new URL(input))
  const answer = answers.shift()
  if (typeof answer === 'number') return Promise.resolve(new Response('{}', { status: answer }))
  if (answer !== undefined) return Promise.resolve(new Response(JSON.stringify(answer)))
  return new Promise((resolve, reject) => {
    release = (late) => {
      resolve(new Response(JSON.stringify(late)))
      return vi.advanceTimersByTimeAsync(0)
    }
    options.signal?.addEventListener('abort', () => reject(new Error('aborted')))
  })
}

async function start(given: (object | number)[], hello = { epoch: 'e', after: 5 }) {
  answers = given
  const socket = new PolledSocket('wss://desk.example/live', LASTS_MS)
  open.push(socket)
  const heard = { frames: [] as Record<string, unknown>[], closed: [] as number[] }
  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...hello }))
  socket.onmessage = (message) => heard.frames.push(JSON.parse(message.data) as Record<string, unknown>)
  socket.onclose = (close) => heard.closed.push(close.code)
  await vi.advanceTimersByTimeAsync(0)
  return { socket, heard }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', fetchFrom)
  asked = []
  open = []
})
afterEach(() => {
  for (const socket of open) socket.close()
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('a line of requests', () => {
  it('is welcomed at once, then waits from where each answer ended', async () => {
    const { heard } = await start([page(7, { items: [item(6)] }), page(8, { items: [item(8)] })])
    expect(heard.frames.map((frame) => frame.type)).toEqual(['welcome', 'events', 'events'])
    expect(asked.map((url) => [url.origin + url.pathname, url.searchParams.get('after'), url.searchParams.get('wait')])).toEqual([
      ['https://desk.example/api/v1/live', '5', '0'],
      ['https://desk.example/api/v1/live', '7', '25'],
      ['https://desk.example/api/v1/live', '8', '25'],
    ])
  })

  it('says nothing when nothing happened', async () => {
    const { heard } = await start([page(5), page(5), page(9)])
    expect(heard.frames.map((frame) => frame.type)).toEqual(['welcome'])
    expect(asked.at(-1)?.searchParams.get('after')).toBe('9')
  })

  it('hands on that not everything could be given, whenever that is', async () => {
    const { heard } = await start([page(5), page(9, { epoch: 'f', recovered: false })])
    expect(heard.frames.map((frame) => [frame.type, frame.recovered])).toEqual([['welcome', true], ['welcome', false]])
    expect(asked.at(-1)?.searchParams.get('epoch')).toBe('f')
  })

  it.each([[401, 4401], [403, 4403], [409, 4426], [503, 1006], [429, 1006]])('an answer %i closes with %i', async (status, code) => {
    const { heard } = await start([page(5), status])
    expect(heard.closed).toEqual([code])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(asked).toHaveLength(2)
  })

  it('answers pings, for it closes by itself when a request gets no answer', async () => {
    const { socket, heard } = await start([page(5)])
    socket.send('{"type":"ping","id":3}')
    expect(heard.frames.at(-1)).toEqual({ type: 'pong', id: 3 })
  })

  it('ends after a while so that a socket is tried again', async () => {
    const { heard } = await start([page(5)])
    vi.setSystemTime(Date.now() + LASTS_MS + 1)
    await release(page(6, { items: [item(6)] }))
    expect(heard.frames.at(-1)).toMatchObject({ type: 'events' })
    expect(heard.closed).toEqual([1012])
  })

  it('asks nothing more once it is closed', async () => {
    const { socket, heard } = await start([page(5)])
    socket.close()
    await vi.advanceTimersByTimeAsync(60_000)
    expect([asked.length, heard.closed]).toEqual([2, []])
  })
})
