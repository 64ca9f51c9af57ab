/**
 * One visit: the session, the line (socket, or HTTP when no socket can be had), what is sent and what is heard.
 * The faces call its verbs and draw its `state`; everything survives a lost network, a reload and a second tab.
 */
import { waitBefore } from './backoff.ts'
import { Http, Refusal, type SessionRequest } from './http.ts'
import type { Keep } from './keep.ts'
import { Live } from './live.ts'
import { isOutboxName, Outbox } from './outbox.ts'
import { Post } from './post.ts'
import { firstState, Held } from './state.ts'
import { enter, prepend, read, receive, snapshot, unreadCount } from './thread.ts'
import { versions } from './versions.ts'
import type { Author, Conversation, FileRef, Message, ServerFrame, Session, Welcome } from './wire.ts'

export const TROUBLE_SHOWN_AFTER_MS = 2000
/** Requests wait for news at the server; after a failure it gets a rest. */
const POLL_AGAIN_MS = 500
const POLL_REST_MS = 5000
const TYPING_FOR_MS = 10_000
const TYPING_TOLD_EVERY_MS = 3000

export interface Visitor {
  inboxKey: string
  locale: string
  page: SessionRequest['page']
  /** Proof of who the visitor is, from the company's server; never kept on the device. */
  identity?: string
}

export class Visit {
  readonly held = new Held(firstState)
  readonly http = new Http()
  /** A reply has arrived while the line is live (not history). */
  onReply: (message: Message) => void = () => undefined

  readonly #visitor: Visitor
  readonly #keep: Keep
  readonly #outbox: Outbox
  readonly #post: Post
  readonly #live: Live
  #epoch: string | null = null
  #seen = 0
  #seenTold = 0
  #polling = false
  #attempt = 0
  #typingToldAt = 0
  #trouble: ReturnType<typeof setTimeout> | undefined
  #typingOver: ReturnType<typeof setTimeout> | undefined
  #poll: ReturnType<typeof setTimeout> | undefined

  constructor(visitor: Visitor, keep: Keep) {
    this.#visitor = visitor
    this.#keep = keep
    this.#outbox = new Outbox(keep)
    this.#live = new Live({
      url: new URL('/visitor/v1/live', location.href).href.replace(/^http/, 'ws'),
      hello: () => ({
        type: 'hello',
        token: this.http.token ?? '',
        epoch: this.#epoch,
        after: this.held.value.thread.lastSeq,
      }),
      welcomed: (frame) => this.#welcomed(frame),
      heard: (frame) => this.#heard(frame),
      lost: (failures) => this.#lost(failures),
      sessionEnded: () => void this.begin(),
    }, keep)
    this.#post = new Post(this.#outbox, this.#live, this.http, {
      changed: () => this.#recount(),
      sent: (message, conversationId, conversation) => {
        this.held.change({ thread: enter(this.held.value.thread, conversationId) })
        this.#take([message])
        if (conversation) this.#converse(conversation)
      },
    })
    this.held.change({ letters: this.#outbox.letters(), email: keep.get('email') })
    keep.watch((name) => this.#otherTab(name))
    addEventListener('online', () => this.#live.nudge())
    document.addEventListener('visibilitychange', () => this.show(this.held.value.shown))
  }

  /** Opens (or opens again) the session, and goes on trying while the server cannot be reached. */
  async begin(keepToken = true): Promise<void> {
    const attempt = ++this.#attempt
    this.#live.stop()
    this.#post.lineLost()
    this.#calm()
    this.held.change({ link: 'down' })
    this.#watchTrouble()
    for (let failures = 1; attempt === this.#attempt; failures++) {
      try {
        const session = await this.#open()
        if (attempt === this.#attempt) this.#opened(session, keepToken)
        return
      } catch (error) {
        if (!(error instanceof Refusal) || !error.passing) {
          this.held.change({ phase: 'missing' })
          return
        }
        if (this.held.value.phase !== 'ready') this.held.change({ phase: 'unreachable' })
        await new Promise((resume) => setTimeout(resume, (error.retryAfter ?? 0) * 1000 + waitBefore(failures)))
      }
    }
  }

  show(shown: boolean): void {
    this.held.change({ shown })
    if (shown) this.#live.nudge()
    this.#looked()
  }

  /** What the page around the panel says of itself, before the session is opened. */
  introduce(page: SessionRequest['page']): void {
    this.#visitor.page = page
  }

  identify(identity: string): void {
    if (this.#visitor.identity === identity) return
    this.#visitor.identity = identity
    if (this.#attempt) void this.begin()
  }

  say(text: string, files: FileRef[] = [], option?: string): void {
    this.#outbox.write(text, files, option)
    this.typing(0)
    this.#recount()
    this.#post.deliver(this.held.value.link)
  }

  retry(clientId: string): void {
    this.#outbox.retry(clientId)
    this.#recount()
    this.#live.nudge()
    this.#post.deliver(this.held.value.link)
  }

  discard(clientId: string): void {
    this.#outbox.discard(clientId)
    this.#recount()
  }

  /** Tells the agents that something is being written, at most each three seconds; length 0 takes it back. */
  typing(length: number): void {
    const now = Date.now()
    if (length > 0 && now - this.#typingToldAt < TYPING_TOLD_EVERY_MS) return
    if (length === 0 && this.#typingToldAt === 0) return
    this.#typingToldAt = length > 0 ? now : 0
    this.#live.send({ type: 'typing', on: length > 0, length })
  }

  async older(): Promise<void> {
    const first = this.held.value.thread.messages[0]
    if (!first) return
    const page = await this.http.messagesBefore(first.seq)
    this.held.change({ thread: prepend(this.held.value.thread, page.items, page.has_more) })
  }

  async giveEmail(email: string): Promise<void> {
    await this.http.giveContact({ email })
    this.#keep.set('email', email)
    this.held.change({ email })
  }

  async #open(): Promise<Session> {
    const token = this.http.token ?? this.#keep.get('token')
    const { inboxKey, locale, page, identity } = this.#visitor
    const request: SessionRequest = {
      inbox_key: inboxKey,
      locale,
      ...(token && { token }),
      ...(identity && { identity }),
      ...(page && { page }),
    }
    try {
      return await this.http.openSession(request)
    } catch (error) {
      if (!(error instanceof Refusal) || (error.status !== 401 && error.status !== 403)) throw error
      return await this.#openAnew(request)
    }
  }

  /** A token or proof that has run out must not lock anybody out: first without the proof, then as a new visitor. */
  async #openAnew({ identity, token, ...rest }: SessionRequest): Promise<Session> {
    if (identity) delete this.#visitor.identity
    if (!identity || !token) return await this.http.openSession(rest)
    try {
      return await this.http.openSession({ ...rest, token })
    } catch {
      return await this.http.openSession(rest)
    }
  }

  #opened(session: Session, keepToken: boolean): void {
    const { conversation, inbox, bot, identified } = session
    this.http.token = session.token
    if (keepToken && this.#keep.get('token') !== session.token) this.#keep.set('token', session.token)
    this.#epoch = session.epoch
    this.#seen = this.#seenTold = conversation?.contact_seen_seq ?? 0
    const thread = snapshot(conversation, session.messages, session.has_more)
    this.held.change({ phase: 'ready', inbox, bot, identified, conversation, thread, typing: null })
    this.#take(session.messages)
    this.#live.start()
  }

  #welcomed(frame: Welcome): void {
    versions.add(frame.app_version)
    if (!frame.recovered) {
      void this.begin()
      return
    }
    this.#calm()
    this.#epoch = frame.epoch
    this.held.change({ link: 'live', troubled: false })
    if (frame.conversation) this.#converse(frame.conversation)
    this.#take(frame.messages)
    this.#post.deliver('live')
  }

  #heard(frame: ServerFrame): void {
    if (frame.type === 'message') {
      this.#take([frame.message])
      if (frame.message.author.kind !== 'contact' && frame.message.kind === 'text') this.onReply(frame.message)
    } else if (frame.type === 'conversation') this.#converse(frame.conversation)
    else if (frame.type === 'read') this.held.change({ thread: read(this.held.value.thread, frame.seq) })
    else if (frame.type === 'typing') this.#typed(frame.on ? frame.author : null)
    else if (frame.type === 'ack') this.#post.acknowledged(frame)
    else if (frame.type === 'refused') this.#post.refused(frame)
  }

  #converse(conversation: Conversation): void {
    const before = this.held.value.conversation
    if (before && before.id !== conversation.id) this.#seen = this.#seenTold = 0
    this.#seen = Math.max(this.#seen, conversation.contact_seen_seq)
    this.held.change({ conversation, thread: enter(this.held.value.thread, conversation.id) })
    this.#looked()
  }

  #take(messages: Message[]): void {
    for (const message of messages) if (message.client_id) this.#outbox.sent(message.client_id)
    const replied = messages.some((message) => message.author.kind !== 'contact')
    this.held.change({
      thread: receive(this.held.value.thread, messages),
      letters: this.#outbox.letters(),
      ...(replied && { typing: null }),
    })
    this.#looked()
  }

  /** What lies before the visitor's eyes is read; what does not is counted. */
  #looked(): void {
    const { shown, thread } = this.held.value
    if (shown && document.visibilityState === 'visible') {
      this.#seen = Math.max(this.#seen, thread.lastSeq)
      if (this.#seen > this.#seenTold && this.#live.send({ type: 'read', seq: this.#seen })) this.#seenTold = this.#seen
    }
    const unread = unreadCount(thread, this.#seen)
    if (unread !== this.held.value.unread) this.held.change({ unread })
  }

  #typed(author: Author | null): void {
    clearTimeout(this.#typingOver)
    this.held.change({ typing: author })
    if (author) this.#typingOver = setTimeout(() => this.held.change({ typing: null }), TYPING_FOR_MS)
  }

  #lost(failures: number): void {
    this.#post.lineLost()
    this.#watchTrouble()
    if (this.#polling) return
    this.held.change({ link: 'down', typing: null })
    this.#polling = failures >= 2
    if (this.#polling) void this.#pollOnce()
  }

  #watchTrouble(): void {
    this.#trouble ??= setTimeout(() => this.held.change({ troubled: true }), TROUBLE_SHOWN_AFTER_MS)
  }

  #calm(): void {
    clearTimeout(this.#trouble)
    clearTimeout(this.#poll)
    this.#trouble = undefined
    this.#polling = false
  }

  /** Without a socket: hand in what waits, fetch what came, and look at the conversation when something happened to it. */
  async #pollOnce(): Promise<void> {
    const attempt = this.#attempt
    const link = await this.#fetchOnce().then(
      () => 'polling' as const,
      () => 'down' as const,
    )
    if (!this.#polling || attempt !== this.#attempt) return
    this.held.change({ link })
    this.#poll = setTimeout(() => void this.#pollOnce(), link === 'down' ? POLL_REST_MS : POLL_AGAIN_MS)
  }

  async #fetchOnce(): Promise<void> {
    await this.#post.byHttp()
    const { items, epoch } = await this.http.messagesAfter(this.held.value.thread.lastSeq)
    if (epoch !== this.#epoch) return this.begin()
    this.#take(items)
    const happened = items.some((item) => item.kind === 'event' || item.content?.type === 'hand_over')
    if (!happened) return
    const { conversation } = await this.#open()
    if (conversation) this.#converse(conversation)
  }

  #recount(): void {
    this.held.change({ letters: this.#outbox.letters() })
  }

  #otherTab(name: string): void {
    if (isOutboxName(name)) this.#recount()
    if (name === 'email') this.held.change({ email: this.#keep.get('email') })
    const token = this.#keep.get('token')
    if (name !== 'token' || !token || token === this.http.token || !this.#attempt) return
    this.http.token = token
    void this.begin(false)
  }
}
