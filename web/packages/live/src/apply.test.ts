import { describe, expect, it } from 'vitest'
import { apply, withConversations, withCounts, withThread } from './apply'
import type { LiveEvent } from './frames'
import { COUNTED_UP_TO, countOf, emptyState, inView, VIEWS, type ConversationsState, type Counts, type LiveConversation, type LiveMessage } from './state'

type State = ConversationsState<LiveConversation, LiveMessage>
const ME = 'me'

/** A small server: the truth, the log, and snapshots of any moment. */
class World {
  readonly log: LiveEvent[] = []
  private readonly conversations = new Map<string, LiveConversation>()
  private readonly messages = new Map<string, LiveMessage[]>()
  constructor(private readonly random: () => number) {}

  get position(): number {
    return this.log.length
  }

  private emit(name: string, subject: string, data: unknown, seq: number | null = null): void {
    this.log.push({ n: this.log.length + 1, name, subject, seq, at: this.at(1), data: structuredClone(data) })
  }

  private at(ahead = 0): string {
    return new Date(1_790_000_000_000 + (this.log.length + ahead) * 1_000).toISOString()
  }

  private pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T
  }

  open(): void {
    const id = `c${this.conversations.size}`
    const conversation: LiveConversation = {
      id, status: 'bot', assignee_id: null, last_seq: 0, agent_seen_seq: 0, contact_seen_seq: 0, unread: 0,
      preview: null, waiting_since: null, updated_at: this.at(1),
    }
    this.conversations.set(id, conversation)
    this.messages.set(id, [])
    this.emit('conversations.opened.v1', id, conversation)
  }

  post(): void {
    const conversation = this.pick([...this.conversations.values()])
    const list = this.messages.get(conversation.id) ?? []
    const kind = this.pick(['contact', 'agent', 'bot'] as const)
    const message: LiveMessage = {
      id: `${conversation.id}-${list.length + 1}`, conversation_id: conversation.id, seq: list.length + 1, author: { kind, id: null, name: null },
      kind: this.pick(['text', 'text', 'note', 'event'] as const), text: `words ${this.log.length}`, client_id: null, created_at: this.at(1),
    }
    list.push(message)
    const after = {
      ...conversation,
      last_seq: message.seq,
      updated_at: message.created_at,
      waiting_since: this.waits(conversation, message),
      unread: conversation.unread + (kind === 'contact' ? 1 : 0),
      preview: message.kind !== 'text' ? conversation.preview : { text: message.text, author_kind: kind, kind: message.kind, at: message.created_at },
    }
    this.conversations.set(conversation.id, after)
    const { seq, ...rest } = message
    this.emit('conversations.message_posted.v1', conversation.id, rest, seq)
  }

  private waits({ status, waiting_since }: LiveConversation, { author, kind, created_at }: LiveMessage): string | null {
    if (kind !== 'text' || author.kind === 'bot') return waiting_since
    if (author.kind === 'agent') return null
    return status === 'bot' ? waiting_since : (waiting_since ?? created_at)
  }

  change(): void {
    const conversation = this.pick([...this.conversations.values()])
    const status = this.pick(['bot', 'waiting', 'open', 'snoozed', 'resolved'] as const)
    const part = { status, assignee_id: status === 'open' ? this.pick([ME, 'other']) : null, updated_at: this.at(1) }
    this.conversations.set(conversation.id, { ...conversation, ...part })
    this.emit('conversations.changed.v1', conversation.id, { ...part, by: { kind: 'agent', id: ME }, reason: 'asked' })
  }

  read(): void {
    const conversation = this.pick([...this.conversations.values()])
    const by = this.pick(['agent', 'contact'] as const)
    const seq = conversation.last_seq
    const part = by === 'agent' ? { agent_seen_seq: seq, unread: 0 } : { contact_seen_seq: seq }
    this.conversations.set(conversation.id, { ...conversation, ...part })
    this.emit('conversations.read.v1', conversation.id, { by, seq })
  }

  live(steps: number): void {
    const doings = [() => this.open(), () => this.post(), () => this.post(), () => this.post(), () => this.change(), () => this.read()]
    this.open()
    for (let step = 1; step < steps; step += 1) this.pick(doings)()
  }

  counts(): Counts {
    const all = [...this.conversations.values()]
    return Object.fromEntries(VIEWS.map((view) => [view, all.filter((item) => inView(view, item, ME)).length])) as Counts
  }

  page(id: string) {
    const conversation = this.conversations.get(id)
    if (!conversation) throw new Error(`no ${id}`)
    return { conversation, messages: { items: [...(this.messages.get(id) ?? [])], has_more: false }, position: this.position }
  }

  /** What a client that loads everything now would hold. */
  snapshot(): State {
    const all = [...this.conversations.values()]
    let state = withConversations(emptyState<LiveConversation, LiveMessage>(ME, this.position), all, this.position)
    for (const { id } of all) state = withThread(state, this.page(id))
    return withCounts(state, this.counts())
  }
}

function seeded(seed: number): () => number {
  let value = seed
  return () => {
    value = (value * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return value / 4_294_967_296
  }
}

const visible = (state: State) => ({
  position: state.position,
  conversations: Object.fromEntries([...state.conversations].sort()),
  threads: Object.fromEntries([...state.threads].map(([id, thread]) => [id, thread.items])),
  order: state.order,
  counts: state.counts,
})
const SEEDS = Array.from({ length: 40 }, (_, index) => index * 7_919 + 1)

describe('a snapshot and the events after it', () => {
  it.each(SEEDS)('are the same as a fresh snapshot (seed %i)', (seed) => {
    const world = new World(seeded(seed))
    world.live(30)
    const before = world.snapshot()
    world.live(80)
    const known = new Set(before.conversations.keys())
    const expected = visible(world.snapshot())
    const got = visible(apply(before, world.log))
    expect({ ...got, threads: {} }).toEqual({ ...expected, threads: {} })
    for (const id of known) expect(got.threads[id]).toEqual(expected.threads[id])
  })

  it.each(SEEDS.slice(0, 10))('may come in any batches, twice over (seed %i)', (seed) => {
    const random = seeded(seed)
    const world = new World(random)
    world.live(20)
    const before = world.snapshot()
    world.live(60)
    let state = before
    for (let at = before.position; at < world.log.length; ) {
      const size = 1 + Math.floor(random() * 7)
      state = apply(state, world.log.slice(Math.max(0, at - 3), at + size))
      at += size
    }
    expect(visible(state)).toEqual(visible(apply(before, world.log)))
  })

  it('leave the state that was given untouched', () => {
    const world = new World(seeded(5))
    world.live(20)
    const before = world.snapshot()
    const copy = structuredClone(visible(before))
    world.live(40)
    apply(before, world.log)
    expect(visible(before)).toEqual(copy)
  })
})

describe('a snapshot that is older than the state', () => {
  it.each(SEEDS.slice(0, 15))('is brought up to date from the recent events (seed %i)', (seed) => {
    const world = new World(seeded(seed))
    world.live(12)
    const start = world.snapshot()
    const old = world.page('c0')
    world.live(40)
    const state = withThread(apply(start, world.log), old)
    expect(state.conversations.get('c0')).toEqual(world.page('c0').conversation)
    expect(state.threads.get('c0')?.items).toEqual(world.page('c0').messages.items)
  })
})

describe('a snapshot that is newer than the state', () => {
  it('is not taken back by events that it holds already', () => {
    const world = new World(seeded(11))
    world.live(10)
    const start = world.snapshot()
    world.live(30)
    const state = apply(withThread(start, world.page('c0')), world.log.slice(0, start.position + 1))
    expect(state.conversations.get('c0')).toEqual(world.page('c0').conversation)
  })
})

describe('a message that is changed', () => {
  const start = (): { state: State; last: LiveMessage } => {
    const world = new World(seeded(3))
    world.live(40)
    const state = world.snapshot()
    return { state, last: state.threads.get('c0')!.items.at(-1)! }
  }
  const edited = (state: State, seq: number, text: string): LiveEvent => ({
    n: state.position + 1, name: 'conversations.message_changed.v1', subject: 'c0', seq, at: '', data: { id: 'same', conversation_id: 'c0', text, content: { channel: { edited: true } } },
  })

  it('is another in its place, and nothing else moves', () => {
    const { state, last } = start()
    const after = apply(state, [edited(state, last.seq, 'other words')])
    const items = after.threads.get('c0')!.items
    expect(items.at(-1)).toMatchObject({ text: 'other words', seq: last.seq, created_at: last.created_at, content: { channel: { edited: true } } })
    expect(items.slice(0, -1)).toEqual(state.threads.get('c0')!.items.slice(0, -1))
    expect([after.counts, after.order, after.unknown.size]).toEqual([state.counts, state.order, state.unknown.size])
  })

  it('shows in the preview only when it is what the preview shows', () => {
    const { state, last } = start()
    const conversation = { ...state.conversations.get('c0')!, preview: { text: last.text, author_kind: last.author.kind, kind: last.kind, at: last.created_at } }
    const shown = { ...state, conversations: new Map(state.conversations).set('c0', conversation) }
    expect(apply(shown, [edited(shown, last.seq, 'other words')]).conversations.get('c0')?.preview?.text).toBe('other words')
    const earlier = state.threads.get('c0')!.items.at(-2)!
    expect(apply(shown, [edited(shown, earlier.seq, 'other words')]).conversations.get('c0')?.preview).toEqual(conversation.preview)
  })

  it('and is not held is nobody’s business here', () => {
    const { state } = start()
    const after = apply(state, [edited(state, 9_999, 'far away'), { ...edited(state, 1, 'x'), n: state.position + 2, subject: 'elsewhere' }])
    expect(after.threads).toEqual(state.threads)
    expect(after.unknown.size).toBe(state.unknown.size)
  })
})

describe('resolved conversations that are too many to count', () => {
  const state = (resolved: number) => {
    const world = new World(seeded(7))
    world.open()
    return withCounts(world.snapshot(), { mine: 0, waiting: 0, bot: 1, open: 0, snoozed: 0, resolved, all: resolved + 1 })
  }
  const moved = (from: State, status: string, n = from.position + 1) =>
    apply(from, [{ n, name: 'conversations.changed.v1', subject: 'c0', seq: null, at: '', data: { status } }])

  it('stay this many or more, whatever is resolved and taken up again', () => {
    const resolved = moved(state(COUNTED_UP_TO), 'resolved')
    const again = moved(resolved, 'bot')
    expect([resolved, again].map((one) => countOf(one.counts, 'resolved'))).toEqual(['1000+', '1000+'])
    expect([resolved, again].map((one) => countOf(one.counts, 'all'))).toEqual(['1001+', '1001+'])
    expect([resolved, again].map((one) => countOf(one.counts, 'bot'))).toEqual(['0', '1'])
  })

  it('are counted one by one until then', () => {
    const resolved = moved(state(COUNTED_UP_TO - 2), 'resolved')
    expect([countOf(resolved.counts, 'resolved'), countOf(resolved.counts, 'all')]).toEqual(['999', '999'])
    expect(countOf(moved(resolved, 'bot').counts, 'resolved')).toBe('998')
  })
})

describe('what cannot be applied', () => {
  it('marks a thread in which a message is missing, to be loaded anew', () => {
    const world = new World(seeded(3))
    world.live(40)
    const start = world.snapshot()
    const { conversation, messages } = world.page('c0')
    const seq = conversation.last_seq + 2
    const data = { ...messages.items.at(-1), id: 'far', conversation_id: 'c0' }
    const event = { n: start.position + 1, name: 'conversations.message_posted.v1', subject: 'c0', seq, at: '', data }
    expect(apply(start, [event]).threads.get('c0')?.gap).toBe(true)
  })

  it('names conversations that are not held', () => {
    const event = { n: 1, name: 'conversations.changed.v1', subject: 'elsewhere', seq: null, at: '', data: { status: 'waiting' } }
    expect([...apply(emptyState(ME, 0), [event]).unknown]).toEqual(['elsewhere'])
  })

  it('names conversations of which something is told that it does not know', () => {
    const world = new World(seeded(4))
    world.live(10)
    const start = world.snapshot()
    const event = { n: start.position + 1, name: 'conversations.merged.v3', subject: 'c0', seq: null, at: '', data: {} }
    expect([...apply(start, [event]).unknown]).toEqual(['c0'])
  })

  it('names conversations that belong to another contact now', () => {
    const world = new World(seeded(6))
    world.live(10)
    const start = world.snapshot()
    const event = { n: start.position + 1, name: 'conversations.changed.v1', subject: 'c0', seq: null, at: '', data: { contact_id: 'x' } }
    expect([...apply(start, [event]).unknown]).toEqual(['c0'])
  })

  it('passes over events of other domains', () => {
    const event = { n: 1, name: 'bot.index_changed.v1', subject: 'x', seq: null, at: '', data: {} }
    const state = apply(emptyState(ME, 0), [event])
    expect(state.position).toBe(1)
    expect(state.unknown.size).toBe(0)
  })
})
