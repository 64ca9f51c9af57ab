/**
 * Messages written but not yet acknowledged. Each lies under a name of its own, so that two tabs never overwrite each
 * other's; the `client_id` is made once, so that sending again after any failure gives one message.
 */
import type { Keep } from './keep.ts'
import type { FileRef, Outgoing } from './wire.ts'

export interface Letter {
  client_id: string
  text: string
  files: FileRef[]
  option?: string
  written_at: string
  state: 'pending' | 'failed'
  /** Stable code of the refusal, when there was one. */
  code?: string
}

const PREFIX = 'outbox.'
const STALE_AFTER_MS = 24 * 3600 * 1000

export class Outbox {
  readonly #keep: Keep
  readonly #now: () => number
  #last = 0

  constructor(keep: Keep, now: () => number = Date.now) {
    this.#keep = keep
    this.#now = now
  }

  /** Oldest first. Letters of yesterday are shown as failed: nobody wants them sent unasked. */
  letters(): Letter[] {
    const found = this.#keep.names(PREFIX).map((name) => parse(this.#keep.get(name)))
    return found
      .filter((letter) => letter !== null)
      .map((letter) => (this.#stale(letter) ? { ...letter, state: 'failed' as const } : letter))
      .sort((a, b) => a.written_at.localeCompare(b.written_at))
  }

  /** Letters that wait for the line, oldest first. */
  pending(): Letter[] {
    return this.letters().filter((letter) => letter.state === 'pending')
  }

  write(text: string, files: FileRef[], option?: string): Letter {
    const letter: Letter = {
      client_id: makeId(),
      text,
      files,
      ...(option && { option }),
      written_at: this.#instant(),
      state: 'pending',
    }
    this.#save(letter)
    return letter
  }

  sent(clientId: string): Letter | null {
    const letter = parse(this.#keep.get(PREFIX + clientId))
    this.#keep.remove(PREFIX + clientId)
    return letter
  }

  refused(clientId: string, code: string): void {
    const letter = parse(this.#keep.get(PREFIX + clientId))
    if (letter) this.#save({ ...letter, state: 'failed', code })
  }

  /** Same id, fresh time: the letter goes to the end of the line. */
  retry(clientId: string): void {
    const letter = parse(this.#keep.get(PREFIX + clientId))
    if (!letter) return
    const { code: _, ...rest } = letter
    this.#save({ ...rest, state: 'pending', written_at: this.#instant() })
  }

  discard(clientId: string): void {
    this.#keep.remove(PREFIX + clientId)
  }

  #save(letter: Letter): void {
    this.#keep.set(PREFIX + letter.client_id, JSON.stringify(letter))
  }

  #stale(letter: Letter): boolean {
    return this.#now() - Date.parse(letter.written_at) > STALE_AFTER_MS
  }

  /** Rising even inside one millisecond: the order of writing is the order of sending. */
  #instant(): string {
    this.#last = Math.max(this.#now(), this.#last + 1)
    return new Date(this.#last).toISOString()
  }
}

export function outgoing(letter: Letter): Outgoing {
  const { client_id, text, files, option } = letter
  return { client_id, text, attachments: files.map((file) => file.id), ...(option && { option }) }
}

export function isOutboxName(name: string): boolean {
  return name.startsWith(PREFIX)
}

function parse(raw: string | null): Letter | null {
  if (!raw) return null
  try {
    const letter = JSON.parse(raw) as Letter
    return typeof letter.client_id === 'string' && typeof letter.text === 'string' ? letter : null
  } catch {
    return null
  }
}

/** A random UUID. `crypto.randomUUID` is missing on plain-http origins; the bits come from the same source. */
export function makeId(): string {
  const bits = (wide: number): number => crypto.getRandomValues(new Uint8Array(1))[0]! & wide
  return '00000000-0000-4000-8000-000000000000'.replace(/[08]/g, (digit) => (digit > '0' ? 8 + bits(3) : bits(15)).toString(16))
}
