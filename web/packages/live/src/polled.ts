/**
 * Stands in for a WebSocket where none comes through: says what the server's long-poll says as the frames of the
 * socket, so that nobody above knows the difference. Fetched only when it is needed. Who looks and who types is not
 * told this way, and not heard.
 */
import { CLOSE, type ClientFrame, type LiveEvent } from './frames'

const WAIT_S = 25
const ANSWER_WITHIN_MS = 35_000
const CLOSED_BY: Record<number, number> = { 401: CLOSE.sessionEnded, 403: CLOSE.refused, 409: CLOSE.outdated }

interface Page {
  epoch: string
  position: number
  recovered: boolean
  app_version: string
  items: LiveEvent[]
}

export class PolledSocket {
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: ((close: { code: number }) => void) | null = null
  private readonly url: string
  private readonly stop = new AbortController()
  private readonly until: number

  /** `url` is the socket's: the long-poll lies beside it. After `forMs` the line ends, so that a socket is tried again. */
  constructor(url: string, forMs: number) {
    this.until = Date.now() + forMs
    this.url = url.replace(/^ws/, 'http').replace(/\/live$/, '/api/v1/live')
    queueMicrotask(() => {
      if (this.readyState !== 0) return
      this.readyState = 1
      this.onopen?.()
    })
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame
    if (frame.type === 'hello') void this.run(frame.epoch, frame.after)
    // Requests have a time limit of their own: while the line is not closed it lives.
    if (frame.type === 'ping') this.say({ type: 'pong', id: frame.id })
  }

  close(): void {
    this.readyState = 3
    this.stop.abort()
  }

  private async run(epoch: string, after: number): Promise<void> {
    let welcomed = false
    while (this.readyState === 1) {
      const page = await this.ask(epoch, after, welcomed ? WAIT_S : 0)
      if (typeof page === 'number') return this.ended(page)
      const { items, ...welcome } = page
      if (!welcomed || !page.recovered) this.say({ type: 'welcome', ...welcome })
      if (items.length > 0) this.say({ type: 'events', items })
      welcomed = true
      epoch = page.epoch
      after = page.position
      if (Date.now() > this.until) return this.ended(CLOSE.restarting)
    }
  }

  /** What came after a number, or the code with which a socket would have been closed. */
  private async ask(epoch: string, after: number, wait: number): Promise<Page | number> {
    const where = new URLSearchParams({ epoch, after: String(after), wait: String(wait) })
    const signal = AbortSignal.any([this.stop.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)])
    try {
      const answer = await fetch(`${this.url}?${where}`, { signal, credentials: 'same-origin' })
      if (answer.ok) return (await answer.json()) as Page
      return CLOSED_BY[answer.status] ?? 1006
    } catch {
      return 1006
    }
  }

  private say(frame: object): void {
    if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frame) })
  }

  private ended(code: number): void {
    if (this.readyState !== 1) return
    this.readyState = 3
    this.onclose?.({ code })
  }
}
