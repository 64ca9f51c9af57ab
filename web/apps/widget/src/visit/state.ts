/** What the panel shows, as one immutable value, and the place that holds it. */
import type { Letter } from './outbox.ts'
import { emptyThread, type Thread } from './thread.ts'
import type { Author, Conversation, Inbox, Localised } from './wire.ts'

export interface State {
  /** `missing`: there is no such inbox, or it is switched off. `unreachable`: not yet, and we keep trying. */
  phase: 'loading' | 'ready' | 'missing' | 'unreachable'
  inbox: Inbox | null
  bot: { enabled: boolean; name: Localised } | null
  conversation: Conversation | null
  thread: Thread
  letters: Letter[]
  typing: Author | null
  /** `polling`: no socket, messages go by HTTP. */
  link: 'live' | 'polling' | 'down'
  /** The link has not been live for so long that it is worth saying. */
  troubled: boolean
  /** Someone can see the panel. */
  shown: boolean
  unread: number
  /** The address the visitor left for an answer by e-mail. */
  email: string | null
  identified: boolean
}

export const firstState: State = {
  phase: 'loading',
  inbox: null,
  bot: null,
  conversation: null,
  thread: emptyThread,
  letters: [],
  typing: null,
  link: 'down',
  troubled: false,
  shown: false,
  unread: 0,
  email: null,
  identified: false,
}

export class Held<Value> {
  #value: Value
  readonly #listeners = new Set<(value: Value) => void>()

  constructor(value: Value) {
    this.#value = value
  }

  get value(): Value {
    return this.#value
  }

  change(part: Partial<Value>): void {
    this.#value = { ...this.#value, ...part }
    for (const listener of this.#listeners) listener(this.#value)
  }

  subscribe(listener: (value: Value) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
