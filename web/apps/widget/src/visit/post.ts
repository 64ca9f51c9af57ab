/** Hands the outbox in, by the socket or by HTTP, in the order of writing, and sees to it that each letter ends somewhere. */
import { Refusal, type Http } from './http.ts'
import type { Live } from './live.ts'
import { outgoing, type Letter, type Outbox } from './outbox.ts'
import { acknowledged } from './thread.ts'
import type { Conversation, Message, ServerFrame } from './wire.ts'

const ACK_WITHIN_MS = 10_000
const DEFAULT_PAUSE_S = 5

type Ack = Extract<ServerFrame, { type: 'ack' }>
type Refused = Extract<ServerFrame, { type: 'refused' }>

export interface PostEnds {
  changed(): void
  sent(message: Message, conversationId: string, conversation: Conversation | null): void
}

export class Post {
  readonly #outbox: Outbox
  readonly #live: Pick<Live, 'send' | 'renew'>
  readonly #http: Pick<Http, 'send'>
  readonly #ends: PostEnds
  /** Sent on this line, not yet answered. */
  readonly #underWay = new Set<string>()
  #deadline: ReturnType<typeof setTimeout> | undefined
  #pause: ReturnType<typeof setTimeout> | undefined
  #byHttp: Promise<void> | null = null

  constructor(outbox: Outbox, live: Pick<Live, 'send' | 'renew'>, http: Pick<Http, 'send'>, ends: PostEnds) {
    this.#outbox = outbox
    this.#live = live
    this.#http = http
    this.#ends = ends
  }

  deliver(link: 'live' | 'polling' | 'down'): void {
    if (link === 'polling') void this.byHttp().catch(() => undefined)
    if (link !== 'live') return
    for (const letter of this.#outbox.pending()) this.#bySocket(letter)
  }

  /** Sends all that waits, one after the other. Rejects when the network does not carry; the rest stays in the outbox. */
  byHttp(): Promise<void> {
    this.#byHttp ??= this.#handIn().finally(() => (this.#byHttp = null))
    return this.#byHttp
  }

  acknowledged(ack: Ack): void {
    this.#settle(ack.client_id)
    const letter = this.#outbox.sent(ack.client_id)
    if (letter) this.#ends.sent(acknowledged(letter, ack), ack.conversation_id, null)
  }

  refused({ client_id, code, retry_after }: Refused): void {
    if (!client_id) return
    this.#settle(client_id)
    if (code === 'qiao.too_many' || retry_after !== undefined) this.#pauseFor(retry_after ?? DEFAULT_PAUSE_S)
    else this.#outbox.refused(client_id, code)
    this.#ends.changed()
  }

  /** What was under way may or may not have arrived: it goes again, under the same id. */
  lineLost(): void {
    clearTimeout(this.#deadline)
    this.#underWay.clear()
  }

  #bySocket(letter: Letter): void {
    if (this.#underWay.has(letter.client_id)) return
    if (!this.#live.send({ type: 'send', ...outgoing(letter) })) return
    this.#underWay.add(letter.client_id)
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => this.#live.renew(), ACK_WITHIN_MS)
  }

  async #handIn(): Promise<void> {
    for (const letter of this.#outbox.pending()) {
      try {
        const { message, conversation } = await this.#http.send(outgoing(letter))
        this.#outbox.sent(letter.client_id)
        this.#ends.sent(message, conversation.id, conversation)
      } catch (error) {
        if (!(error instanceof Refusal) || error.passing) throw error
        this.#outbox.refused(letter.client_id, error.code)
        this.#ends.changed()
      }
    }
  }

  #settle(clientId: string): void {
    this.#underWay.delete(clientId)
    if (this.#underWay.size === 0) clearTimeout(this.#deadline)
  }

  #pauseFor(seconds: number): void {
    clearTimeout(this.#pause)
    this.#pause = setTimeout(() => this.deliver('live'), seconds * 1000)
  }
}
