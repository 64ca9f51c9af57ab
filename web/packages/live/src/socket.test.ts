import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reconnectDelay } from './backoff'
import type { ClientFrame, LiveEvent } from './frames'
import { LiveSocket, type LiveOptions } from './socket'

class FakeSocket {
  static all: FakeSocket[] = []
  readyState = 0
  sent: ClientFrame[] = []
  onopen: (() => void) | null = null
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: ((close: { code: number; reason?: string }) => void) | null = null
  constructor(readonly kind = 'socket') {
    FakeSocket.all.push(this)
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }
  close(): void {
    this.readyState = 3
  }
  opens(): void {
    this.readyState = 1
    this.onopen?.()
  }
  says(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  closes(code: number, reason?: string): void {
    this.onclose?.({ code, reason })
  }
}

const last = () => FakeSocket.all.at(-1) as FakeSocket
const WELCOME = { type: 'welcome', epoch: 'e', position: 5, recovered: true, app_version: '1' }
const event = (n: number): LiveEvent => ({ n, name: 'x.v1', subject: 's', seq: null, at: '', data: {} })

function start(options: Partial<LiveOptions> = {}) {
  const heard = { events: [] as LiveEvent[][], status: [] as string[], reloads: 0, ended: [] as string[] }
  const socket = new LiveSocket({
    url: 'ws://x',
    position: () => ({ epoch: 'e', after: 5 }),
    onEvents: (events) => heard.events.push(events),
    onPresence: () => undefined,
    onReload: () => (heard.reloads += 1),
    onStatus: (status) => heard.status.push(status),
    onEnd: (reason) => heard.ended.push(reason),
    makeSocket: () => new FakeSocket() as unknown as WebSocket,
    makePolled: () => Promise.resolve(new FakeSocket('polled') as unknown as WebSocket),
    random: () => 0.5,
    ...options,
  })
  socket.start()
  return { socket, heard }
}

beforeEach(() => {
  vi.useFakeTimers()
  FakeSocket.all = []
})
afterEach(() => vi.useRealTimers())

describe('the live socket', () => {
  it('says where it stands and hands events over once per frame', () => {
    const { heard } = start()
    last().opens()
    expect(last().sent[0]).toEqual({ type: 'hello', epoch: 'e', after: 5 })
    last().says(WELCOME)
    last().says({ type: 'events', items: [event(6)] })
    last().says({ type: 'events', items: [event(7), event(8)] })
    expect(heard.events).toEqual([])
    vi.advanceTimersByTime(20)
    expect(heard.events.map((batch) => batch.map((item) => item.n))).toEqual([[6, 7, 8]])
  })

  it('asks for a reload when the server cannot give what came after', () => {
    const { heard } = start()
    last().opens()
    last().says({ ...WELCOME, recovered: false })
    expect(heard.reloads).toBe(1)
  })

  it('says that the line is lost after two seconds, not sooner', () => {
    const { heard } = start()
    last().opens()
    last().says(WELCOME)
    last().closes(1006)
    vi.advanceTimersByTime(1_900)
    expect(heard.status).not.toContain('lost')
    vi.advanceTimersByTime(200)
    expect(heard.status.at(-1)).toBe('lost')
  })

  it('stays quiet about a line that is back within two seconds', () => {
    const { heard } = start()
    last().opens()
    last().says(WELCOME)
    last().closes(1012)
    vi.advanceTimersByTime(300)
    last().opens()
    last().says(WELCOME)
    vi.advanceTimersByTime(5_000)
    expect(heard.status).toEqual(['connecting', 'live', 'connecting', 'live'])
  })

  it('comes back to another node when the one that stops said, neither sooner nor later', () => {
    start()
    last().opens()
    last().says(WELCOME)
    last().closes(1012, '4321')
    vi.advanceTimersByTime(4_320)
    expect(FakeSocket.all).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it.each([
    [1012, 'soon'],
    [1012, '-5'],
    [1006, '9999'],
  ])('goes by its own time when a close says nothing of coming back (%i %s)', (code, reason) => {
    start()
    last().opens()
    last().says(WELCOME)
    last().closes(code, reason)
    vi.advanceTimersByTime(500)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('does not stay away for longer than fifteen seconds, whatever is said', () => {
    start()
    last().opens()
    last().says(WELCOME)
    last().closes(1012, '86400000')
    vi.advanceTimersByTime(15_000)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('notices a dead line by a ping without an answer', () => {
    start()
    last().opens()
    last().says(WELCOME)
    vi.advanceTimersByTime(20_000)
    expect(last().sent.at(-1)).toEqual({ type: 'ping', id: 1 })
    vi.advanceTimersByTime(10_300)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('goes on while pings are answered', () => {
    start()
    last().opens()
    last().says(WELCOME)
    for (let id = 1; id <= 5; id += 1) {
      vi.advanceTimersByTime(20_000)
      last().says({ type: 'pong', id })
    }
    expect(FakeSocket.all).toHaveLength(1)
  })

  it.each([[4401, 'sessionEnded'], [4403, 'refused'], [4426, 'outdated']])('ends on %i and does not come back', (code, reason) => {
    const { heard } = start()
    last().opens()
    last().closes(code)
    vi.advanceTimersByTime(60_000)
    expect(heard.ended).toEqual([reason])
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('says again after a reconnect which conversation is on screen', () => {
    const { socket } = start()
    last().opens()
    last().says(WELCOME)
    socket.view('c1')
    last().closes(1012)
    vi.advanceTimersByTime(500)
    last().opens()
    last().says(WELCOME)
    expect(last().sent.at(-1)).toEqual({ type: 'view', conversation_id: 'c1' })
  })
})

describe('where no socket comes through', () => {
  /** Attempts that end before a welcome, with what each was made of. */
  async function failing(times: number): Promise<string[]> {
    for (let time = 0; time < times; time += 1) {
      const before = FakeSocket.all.length
      last().closes(1006)
      for (let ms = 0; ms < 15_000 && FakeSocket.all.length === before; ms += 50) await vi.advanceTimersByTimeAsync(50)
    }
    return FakeSocket.all.map((socket) => socket.kind)
  }

  it('asks by requests after two sockets that were never welcomed, and tries a socket before each next time', async () => {
    start()
    expect(await failing(5)).toEqual(['socket', 'socket', 'polled', 'socket', 'polled', 'socket'])
  })

  it('is live by requests, from where it stood', async () => {
    const { heard } = start()
    await failing(2)
    last().opens()
    expect(last().sent[0]).toEqual({ type: 'hello', epoch: 'e', after: 5 })
    last().says(WELCOME)
    expect(heard.status.at(-1)).toBe('live')
    expect(last().kind).toBe('polled')
  })

  it('keeps to sockets when they are welcomed, however often they are cut', async () => {
    start()
    for (let time = 0; time < 4; time += 1) {
      last().opens()
      last().says(WELCOME)
      await failing(1)
    }
    expect(new Set(FakeSocket.all.map((socket) => socket.kind))).toEqual(new Set(['socket']))
  })

  it('tries a socket soon, and less and less often where none comes through', async () => {
    const lasting: number[] = []
    const makePolled = (_url: string, forMs: number) => {
      lasting.push(forMs)
      return Promise.resolve(new FakeSocket('polled') as unknown as WebSocket)
    }
    start({ makePolled })
    await failing(1)
    for (let time = 0; time < 5; time += 1) {
      await failing(1)
      last().opens()
      last().says(WELCOME)
      await failing(1)
    }
    expect(lasting).toEqual([10_000, 30_000, 90_000, 270_000, 300_000])
    last().opens()
    last().says(WELCOME)
    await failing(3)
    expect(lasting.at(-1)).toBe(10_000)
  })

  it('does not count requests that were not answered either: the server was away', async () => {
    const lasting: number[] = []
    start({ makePolled: (_url, forMs) => Promise.reject(new Error(String(lasting.push(forMs)))) })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(lasting.length).toBeGreaterThan(1)
    expect(new Set(lasting)).toEqual(new Set([10_000]))
  })

  it('does not wait for ever for a socket that is swallowed on the way', async () => {
    start()
    await vi.advanceTimersByTimeAsync(11_000)
    expect(FakeSocket.all.length).toBeGreaterThan(1)
  })

  it('lets go of what comes too late', async () => {
    let bring: (socket: WebSocket) => void = () => undefined
    const { socket } = start({ makePolled: () => new Promise((resolve) => (bring = resolve)) })
    await failing(2)
    const late = new FakeSocket('polled')
    socket.stop()
    bring(late as unknown as WebSocket)
    await vi.advanceTimersByTimeAsync(0)
    expect([late.readyState, late.onopen]).toEqual([3, null])
  })
})

describe('the wait before the next attempt', () => {
  it('has full jitter under a ceiling that doubles to fifteen seconds', () => {
    const ceilings = [0, 1, 2, 3, 4, 5, 9].map((attempt) => reconnectDelay(attempt, () => 1))
    expect(ceilings).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
    expect(reconnectDelay(4, () => 0)).toBe(0)
  })
})
