import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ceiling, waitBefore } from './backoff.ts'
import { openKeep, type Keep } from './keep.ts'
import { Live, PING_EVERY_MS, PONG_WITHIN_MS, YOUNG_MS, type LiveEnds } from './live.ts'

class Wire {
  static all: Wire[] = []
  readyState = 1
  sent: { type: string }[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason?: string }) => void) | null = null
  constructor() {
    Wire.all.push(this)
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as { type: string })
  }
  close(): void {
    this.readyState = 3
  }
  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  break(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason })
  }
}

const welcome = { type: 'welcome', epoch: 'e', recovered: true, conversation: null, messages: [] }
const latest = () => Wire.all[Wire.all.length - 1] as Wire
let ends: LiveEnds
let live: Live
let keep: Keep

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', Wire)
  Wire.all = []
  ends = {
    url: 'ws://here/live',
    hello: () => ({ type: 'hello', token: 't', epoch: null, after: 7 }),
    welcomed: vi.fn<LiveEnds['welcomed']>(),
    heard: vi.fn<LiveEnds['heard']>(),
    lost: vi.fn<LiveEnds['lost']>(),
    sessionEnded: vi.fn<LiveEnds['sessionEnded']>(),
  }
  localStorage.clear()
  keep = openKeep('k')
  live = new Live(ends, keep, () => 1)
  live.start()
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function open(): void {
  latest().onopen?.()
  latest().hear(welcome)
}

test('waiting doubles from half a second to fifteen, with full jitter', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 50].map(ceiling)).toEqual([500, 1000, 2000, 4000, 8000, 15000, 15000, 15000])
  expect(waitBefore(3, () => 0)).toBe(0)
  expect(waitBefore(3, () => 0.5)).toBe(1000)
  expect(waitBefore(3, () => 1)).toBe(2000)
})

test('the first frame says who and from where', () => {
  latest().onopen?.()
  expect(latest().sent).toEqual([{ type: 'hello', token: 't', epoch: null, after: 7 }])
})

test('nothing is sent before the welcome', () => {
  expect(live.send({ type: 'ping' })).toBe(false)
  open()
  expect(live.send({ type: 'ping' })).toBe(true)
})

test('each failed opening waits longer and is counted; a welcome forgets them', () => {
  latest().break()
  expect(ends.lost).toHaveBeenLastCalledWith(1)
  vi.advanceTimersByTime(500)
  expect(Wire.all).toHaveLength(2)
  latest().break()
  expect(ends.lost).toHaveBeenLastCalledWith(2)
  vi.advanceTimersByTime(999)
  expect(Wire.all).toHaveLength(2)
  vi.advanceTimersByTime(1)
  open()
  latest().break()
  expect(ends.lost).toHaveBeenLastCalledWith(0)
})

test('a ping each 20 s; without any sign of life in 10 s the line is given up', () => {
  open()
  vi.advanceTimersByTime(PING_EVERY_MS)
  expect(latest().sent.filter((frame) => frame.type === 'ping')).toHaveLength(1)
  latest().hear({ type: 'pong', id: 1 })
  vi.advanceTimersByTime(PING_EVERY_MS)
  expect(ends.lost).not.toHaveBeenCalled()
  vi.advanceTimersByTime(PONG_WITHIN_MS)
  expect(ends.lost).toHaveBeenCalledTimes(1)
  expect(Wire.all[0]?.readyState).toBe(3)
})

test('a socket that opens and stays silent is given up too', () => {
  latest().onopen?.()
  vi.advanceTimersByTime(10_000)
  expect(ends.lost).toHaveBeenCalledWith(1)
})

test('a nudge connects at once instead of waiting', () => {
  latest().break()
  live.nudge()
  expect(Wire.all).toHaveLength(2)
  live.nudge()
  vi.advanceTimersByTime(500)
  expect(Wire.all).toHaveLength(2)
})

test('a session that has ended is not tried again with the same token', () => {
  open()
  latest().break(4401)
  expect(ends.sessionEnded).toHaveBeenCalled()
  vi.advanceTimersByTime(60_000)
  expect(Wire.all).toHaveLength(1)
})

test('stopped is stopped', () => {
  latest().break()
  live.stop()
  vi.advanceTimersByTime(60_000)
  expect(Wire.all).toHaveLength(1)
})

test('a node that stops says when to come back to another', () => {
  open()
  latest().break(1012, '4321')
  vi.advanceTimersByTime(4_320)
  expect(Wire.all).toHaveLength(1)
  vi.advanceTimersByTime(1)
  expect(Wire.all).toHaveLength(2)
})

test.each([[1012, 'soon'], [1006, '9999']])('a close that says nothing of it is met as any other (%i %s)', (code, reason) => {
  open()
  latest().break(code, reason)
  vi.advanceTimersByTime(500)
  expect(Wire.all).toHaveLength(2)
})

/** Says to a page of this age, in minutes, that it is not understood; whether it is loaded anew by that. */
function refused(minutes: number): boolean {
  const reload = vi.fn()
  vi.stubGlobal('location', { reload })
  vi.spyOn(performance, 'now').mockReturnValue(minutes * YOUNG_MS)
  latest().onopen?.()
  latest().break(4426)
  return reload.mock.calls.length > 0
}

/** The page that was loaded. */
function another(): void {
  live.stop()
  live = new Live(ends, keep, () => 1)
  live.start()
}

test('a server that does not understand this page any more has it loaded anew, but not at once', () => {
  expect(refused(0.9)).toBe(false)
  vi.advanceTimersByTime(500)
  expect(Wire.all).toHaveLength(2)
  expect(refused(1.1)).toBe(true)
  vi.advanceTimersByTime(60_000)
  expect(Wire.all).toHaveLength(2)
})

test('a page that is no newer waits twice as long each time, and is left as it is after six', () => {
  for (const minutes of [1, 2, 4, 8, 16, 32]) {
    another()
    expect(refused(minutes * 0.9)).toBe(false)
    vi.advanceTimersByTime(500)
    expect(refused(minutes * 1.1)).toBe(true)
  }
  another()
  expect(refused(1000)).toBe(false)
  vi.advanceTimersByTime(500)
  latest().hear(welcome)
  expect(refused(1.1)).toBe(true)
})

test('what could not be kept is not thrown away by loading anew', () => {
  keep.lasting = false
  expect(refused(10)).toBe(false)
})
