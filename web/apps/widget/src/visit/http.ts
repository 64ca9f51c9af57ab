/** The visitor API over HTTP. Failures are `Refusal`s with the server's stable code; a broken network has code `network`. */
import type { Conversation, Message, Outgoing, Session } from './wire.ts'

export class Refusal extends Error {
  readonly code: string
  readonly status: number
  readonly retryAfter: number | null

  constructor(code: string, status: number, retryAfter: number | null = null) {
    super(code)
    this.code = code
    this.status = status
    this.retryAfter = retryAfter
  }

  /** The server was not reached or not able; the same request may succeed later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export interface SessionRequest {
  inbox_key: string
  token?: string
  identity?: string
  locale: string
  page?: { url: string; title: string; referrer: string }
}

export const ROOT = '/visitor/v1'
const ANSWER_WITHIN_MS = 20_000

export class Http {
  token: string | null = null

  openSession(request: SessionRequest): Promise<Session> {
    return this.#call('POST', '/sessions', request)
  }

  /** Answered when there are any, or after 15 s. */
  messagesAfter(seq: number): Promise<{ items: Message[]; epoch: string }> {
    return this.#call('GET', `/messages?after=${seq}&limit=50&wait=15`)
  }

  messagesBefore(seq: number): Promise<{ items: Message[]; has_more: boolean }> {
    return this.#call('GET', `/messages?before=${seq}&limit=50`)
  }

  send(letter: Outgoing): Promise<{ message: Message; conversation: Conversation }> {
    return this.#call('POST', '/messages', letter)
  }

  giveContact(contact: { name?: string; email?: string }): Promise<void> {
    return this.#call('PATCH', '/contact', contact)
  }

  giveFeedback(messageId: string, helpful: boolean): Promise<void> {
    return this.#call('POST', '/feedback', { message_id: messageId, helpful })
  }

  async #call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS)
    try {
      const response = await fetch(ROOT + path, {
        method,
        signal: stop.signal,
        credentials: 'omit',
        headers: {
          ...(body !== undefined && { 'Content-Type': 'application/json' }),
          ...(this.token && path !== '/sessions' && { Authorization: `Bearer ${this.token}` }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      if (response.ok) return parse(text) as Answer
      throw new Refusal(codeOf(parse(text)), response.status, Number(response.headers.get('Retry-After')) || null)
    } catch (error) {
      throw error instanceof Refusal ? error : new Refusal('network', 0)
    } finally {
      clearTimeout(timer)
    }
  }
}

export function parse(text: string): Record<string, unknown> {
  try {
    return text ? (JSON.parse(text) as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

export function codeOf(body: Record<string, unknown>): string {
  return typeof body['code'] === 'string' ? body['code'] : 'qiao.unknown'
}
