/**
 * One live connection that mends itself. It says where it stands (epoch, number), gets all that came after or is told
 * to reload, pings, notices a dead line, and comes back with jitter. Where sockets do not come through, it asks by
 * requests that wait. It knows nothing of what the events mean.
 */
import { reconnectDelay, restartDelay } from './backoff'
import { FrameQueue } from './frameQueue'
import { CLOSE, readFrame, type ClientFrame, type LiveEvent, type PresenceFrame, type ServerFrame } from './frames'

/** `connecting` is not worth a word to the person; `lost` is said after two seconds without a line. */
export type LiveStatus = 'idle' | 'connecting' | 'live' | 'lost' | 'ended'

export type Ending = 'sessionEnded' | 'refused' | 'outdated'

export interface LiveOptions {
  url: string
  /** Where the client stands: asked at each connect. */
  position: () => { epoch: string; after: number }
  onEvents: (events: LiveEvent[]) => void
  onPresence: (frame: PresenceFrame) => void
  /** The server could not give everything since our position: throw the state away and load it by HTTP. */
  onReload: (welcome: { epoch: string; position: number }) => void
  onStatus: (status: LiveStatus) => void
  onWelcome?: (welcome: { app_version: string; recovered: boolean }) => void
  /** The session is over, we are not wanted, or what we speak is not understood any more (`outdated`); no reconnect follows. */
  onEnd: (reason: Ending) => void
  makeSocket?: (url: string) => WebSocket
  /** What is used instead when sockets are never opened; by default requests that wait. */
  makePolled?: (url: string, forMs: number) => Promise<WebSocket>
  random?: () => number
}

const PING_EVERY_MS = 20_000
const PONG_WITHIN_MS = 10_000
const SAY_LOST_AFTER_MS = 2_000
/** So many sockets in a row that were never welcomed: something on the way lets none through. */
const POLL_AFTER = 2
/** How long it is asked by requests before a socket is tried again: soon, for the server may only have been away, then three times as long each time. */
const POLL_FOR_MS = 10_000
const POLL_LONGEST_MS = 5 * 60_000

async function polled(url: string, forMs: number): Promise<WebSocket> {
  const { PolledSocket } = await import('./polled')
  return new PolledSocket(url, forMs) as unknown as WebSocket
}

export class LiveSocket {
  private socket: WebSocket | null = null
  private attempt = 0
  /** Sockets in a row that were not welcomed. */
  private unwelcomed = 0
  /** Lines of requests in a row that were welcomed, while no socket was. */
  private polls = 0
  private polling = false
  /** Which attempt is being made: what another one brings is let go. */
  private opening = 0
  private pingId = 0
  private viewing: string | null = null
  private current: LiveStatus = 'idle'
  private timers: Partial<Record<'retry' | 'ping' | 'pong' | 'lost', ReturnType<typeof setTimeout>>> = {}
  private readonly queue: FrameQueue<LiveEvent>

  constructor(private readonly options: LiveOptions) {
    this.queue = new FrameQueue((events) => options.onEvents(events))
  }

  get status(): LiveStatus {
    return this.current
  }

  start(): void {
    if (this.current !== 'idle') return
    globalThis.addEventListener?.('online', this.retryNow)
    this.setStatus('connecting')
    this.open()
  }

  stop(): void {
    globalThis.removeEventListener?.('online', this.retryNow)
    this.clearTimers()
    this.queue.drop()
    this.detach()
    this.setStatus('idle')
  }

  /** Says which conversation is on screen; said again after each reconnect. */
  view(conversationId: string | null): void {
    this.viewing = conversationId
    this.send({ type: 'view', conversation_id: conversationId })
  }

  typing(conversationId: string, on: boolean): void {
    this.send({ type: 'typing', conversation_id: conversationId, on })
  }

  /** Connects at once instead of waiting for the next attempt (the network came back, the person pressed the button). */
  readonly retryNow = (): void => {
    if (this.current === 'live' || this.current === 'ended' || this.current === 'idle') return
    this.attempt = 0
    this.open()
  }

  private open(): void {
    clearTimeout(this.timers.retry)
    this.detach()
    this.saySoonThatItIsLost()
    this.opening += 1
    this.polling = this.unwelcomed >= POLL_AFTER
    if (this.polling) return void this.openPolled(this.opening)
    this.unwelcomed += 1
    this.use((this.options.makeSocket ?? ((url: string) => new WebSocket(url)))(this.options.url))
  }

  /** For once: before the next, a socket is tried again. */
  private async openPolled(opening: number): Promise<void> {
    this.unwelcomed = POLL_AFTER - 1
    const lasting = Math.min(POLL_FOR_MS * 3 ** this.polls, POLL_LONGEST_MS)
    const socket = await (this.options.makePolled ?? polled)(this.options.url, lasting).catch(() => null)
    if (opening !== this.opening || this.current === 'idle') return socket?.close()
    if (socket === null) return this.closed(0)
    this.use(socket)
  }

  private use(socket: WebSocket): void {
    this.socket = socket
    this.expectPong()
    socket.onopen = () => {
      const { epoch, after } = this.options.position()
      this.send({ type: 'hello', epoch, after })
    }
    socket.onmessage = (message) => this.receive(readFrame(message.data))
    socket.onclose = (close) => this.closed(close.code, close.reason)
  }

  private receive(frame: ServerFrame | null): void {
    switch (frame?.type) {
      case 'welcome':
        return this.welcomed(frame)
      case 'events':
        return this.queue.push(frame.items)
      case 'presence':
        return this.options.onPresence(frame)
      case 'pong':
        clearTimeout(this.timers.pong)
    }
  }

  private welcomed(frame: ServerFrame & { type: 'welcome' }): void {
    this.attempt = 0
    if (this.polling) this.polls += 1
    else this.unwelcomed = this.polls = 0
    clearTimeout(this.timers.lost)
    clearTimeout(this.timers.pong)
    delete this.timers.lost
    if (!frame.recovered) {
      this.queue.drop()
      this.options.onReload(frame)
    }
    this.options.onWelcome?.(frame)
    this.setStatus('live')
    if (this.viewing !== null) this.view(this.viewing)
    this.pingLater()
  }

  private closed(code: number, reason = ''): void {
    this.socket = null
    clearTimeout(this.timers.ping)
    clearTimeout(this.timers.pong)
    const ending = (['sessionEnded', 'refused', 'outdated'] as const).find((one) => CLOSE[one] === code)
    if (ending) {
      this.clearTimers()
      this.setStatus('ended')
      this.options.onEnd(ending)
      return
    }
    this.queue.flush()
    this.saySoonThatItIsLost()
    if (this.current === 'live') this.setStatus('connecting')
    const wait = restartDelay(code, reason) ?? reconnectDelay(this.attempt, this.options.random)
    this.timers.retry = setTimeout(() => this.open(), wait)
    this.attempt += 1
  }

  private saySoonThatItIsLost(): void {
    if (this.timers.lost !== undefined || this.current === 'lost') return
    this.timers.lost = setTimeout(() => {
      delete this.timers.lost
      this.setStatus('lost')
    }, SAY_LOST_AFTER_MS)
  }

  private pingLater(): void {
    clearTimeout(this.timers.ping)
    this.timers.ping = setTimeout(() => {
      this.pingId += 1
      this.send({ type: 'ping', id: this.pingId })
      this.expectPong()
      this.pingLater()
    }, PING_EVERY_MS)
  }

  private expectPong(): void {
    clearTimeout(this.timers.pong)
    this.timers.pong = setTimeout(() => {
      this.detach()
      this.closed(0)
    }, PONG_WITHIN_MS)
  }

  private send(frame: ClientFrame): void {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame))
  }

  private detach(): void {
    const socket = this.socket
    this.socket = null
    if (socket === null) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }

  private clearTimers(): void {
    for (const timer of Object.values(this.timers)) clearTimeout(timer)
    this.timers = {}
  }

  private setStatus(status: LiveStatus): void {
    if (status === this.current) return
    this.current = status
    this.options.onStatus(status)
  }
}
