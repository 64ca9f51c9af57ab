/**
 * The socket: opens it, keeps it alive, opens it again. It knows frames, not their meaning.
 * Reconnects after `waitBefore`; asks for a sign of life each 20 s and gives the line up when none comes in 10 s
 * (a half-open socket takes messages and delivers nothing).
 */
import { waitBefore } from './backoff.ts'
import type { Keep } from './keep.ts'
import type { ClientFrame, ServerFrame, Welcome } from './wire.ts'

export const PING_EVERY_MS = 20_000
export const PONG_WITHIN_MS = 10_000
/** The server's word that this token no longer opens the line. */
const SESSION_ENDED = 4401
/**
 * The server understands a page like this no more: a newer one is loaded, what was begun is kept on the device. A young
 * page would come back the same, from a server that was not changed yet: it goes on by HTTP meanwhile. Each time in a
 * row that it did come back the same, the next waits twice as long; after `RELOADS` there is none.
 */
const OUTDATED = 4426
export const YOUNG_MS = 60_000
const RELOADS = 6
const RELOADED = 'reloads'
/** The node stops; its reason is after how many milliseconds to come back to another. */
const RESTARTING = 1012

export interface LiveEnds {
  url: string
  hello(): ClientFrame
  welcomed(frame: Welcome): void
  heard(frame: ServerFrame): void
  /** The line is gone; `failures` counts the attempts in a row that never reached a welcome. */
  lost(failures: number): void
  sessionEnded(): void
}

export class Live {
  readonly #ends: LiveEnds
  readonly #keep: Keep
  readonly #random: () => number
  #socket: WebSocket | null = null
  #up = false
  #stopped = true
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #pulse: ReturnType<typeof setTimeout> | undefined
  #deadline: ReturnType<typeof setTimeout> | undefined

  constructor(ends: LiveEnds, keep: Keep, random: () => number = Math.random) {
    this.#ends = ends
    this.#keep = keep
    this.#random = random
  }

  start(): void {
    this.#stopped = false
    this.#open()
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#retry)
    this.#drop()
    this.#failures = 0
  }

  /** Try now instead of waiting: the network came back, or someone looks at the panel again. */
  nudge(): void {
    if (!this.#stopped && !this.#socket) this.#open()
  }

  /** The line is suspected dead: close it and open another. */
  renew(): void {
    if (!this.#socket) return
    this.#drop()
    this.#lost()
  }

  /** False when there is no line; nothing is kept. */
  send(frame: ClientFrame): boolean {
    if (!this.#up || this.#socket?.readyState !== 1) return false
    this.#socket.send(JSON.stringify(frame))
    return true
  }

  #open(): void {
    let socket: WebSocket
    clearTimeout(this.#retry)
    try {
      socket = new WebSocket(this.#ends.url)
    } catch {
      this.#drop()
      this.#lost()
      return
    }
    this.#socket = socket
    this.#expect(PONG_WITHIN_MS)
    socket.onopen = () => socket.send(JSON.stringify(this.#ends.hello()))
    socket.onmessage = (event) => this.#heard(JSON.parse(String(event.data)) as ServerFrame)
    socket.onclose = (event) => {
      if (this.#socket !== socket) return
      this.#drop()
      if (event.code === OUTDATED && this.#mayReload()) location.reload()
      else if (event.code === SESSION_ENDED) this.#ends.sessionEnded()
      else this.#lost(event.code === RESTARTING ? Number(event.reason) : 0)
    }
  }

  #heard(frame: ServerFrame): void {
    clearTimeout(this.#deadline)
    if (frame.type === 'welcome') {
      this.#up = true
      this.#failures = 0
      this.#keep.remove(RELOADED)
      this.#beat()
      this.#ends.welcomed(frame)
    } else if (frame.type !== 'pong') this.#ends.heard(frame)
  }

  #mayReload(): boolean {
    const before = Number(this.#keep.get(RELOADED))
    const may = this.#keep.lasting && before < RELOADS && performance.now() > YOUNG_MS * 2 ** before
    if (may) this.#keep.set(RELOADED, String(before + 1))
    return may
  }

  #beat(): void {
    clearTimeout(this.#pulse)
    this.#pulse = setTimeout(() => {
      this.send({ type: 'ping' })
      this.#expect(PONG_WITHIN_MS)
      this.#beat()
    }, PING_EVERY_MS)
  }

  /** Any frame is a sign of life. */
  #expect(within: number): void {
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.renew(), within)
  }

  #drop(): void {
    const socket = this.#socket
    clearTimeout(this.#pulse)
    clearTimeout(this.#deadline)
    this.#socket = null
    if (!this.#up) this.#failures += 1
    this.#up = false
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  #lost(wait = 0): void {
    if (this.#stopped) return
    const failures = this.#failures
    this.#ends.lost(failures)
    this.#retry = setTimeout(() => this.#open(), wait || waitBefore(Math.max(failures, 1), this.#random))
  }
}
