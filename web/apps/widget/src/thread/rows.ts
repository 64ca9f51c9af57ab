/** The thread cut into the rows that are drawn: days, groups of one author, quiet lines for what happened. */
import type { Letter } from '../visit/outbox.ts'
import type { Thread } from '../visit/thread.ts'
import type { Message } from '../visit/wire.ts'

export type Row =
  | { kind: 'day'; id: string; at: string }
  | { kind: 'line'; id: string; event: string; message: Message }
  | { kind: 'message'; id: string; message: Message; head: boolean; tail: boolean; discloses: boolean }
  | { kind: 'letter'; id: string; letter: Letter }

const SHOWN_EVENTS = ['assigned', 'resolved', 'reopened']
const GROUP_MS = 5 * 60_000

/** `disclosed`: that a machine answers is already said above the first row. */
export function rowsOf(thread: Thread, letters: Letter[], disclosed = false): Row[] {
  const shown = [...thread.past, ...thread.messages].filter(isShown)
  const disclosing = disclosed ? undefined : (shown.find(asksDisclosure) ?? shown.find((m) => m.author.kind === 'bot'))?.id
  const rows: Row[] = []
  shown.forEach((message, i) => {
    const before = shown[i - 1]
    if (!before || !isSameDay(before, message)) rows.push({ kind: 'day', id: `day-${message.id}`, at: message.created_at })
    rows.push(message.kind === 'event' ? line(message) : bubble(message, before, shown[i + 1], disclosing))
  })
  return [...rows, ...letters.map((letter): Row => ({ kind: 'letter', id: letter.client_id, letter }))]
}

/** Only the newest answer asks whether it helped, and only the newest offer can still be taken up. */
export function newestBotMessage(thread: Thread): Message | null {
  const texts = thread.messages.filter((message) => message.kind === 'text')
  const last = texts[texts.length - 1]
  return last?.author.kind === 'bot' ? last : null
}

function asksDisclosure({ content }: Message): boolean {
  return content !== null && 'disclosure' in content && content.disclosure
}

function isShown(message: Message): boolean {
  if (message.kind === 'text') return true
  return message.content?.type === 'event' && SHOWN_EVENTS.includes(message.content.event)
}

function line(message: Message): Row {
  const event = message.content?.type === 'event' ? message.content.event : ''
  return { kind: 'line', id: message.id, event, message }
}

function bubble(message: Message, before: Message | undefined, after: Message | undefined, disclosing?: string): Row {
  return {
    kind: 'message',
    id: message.client_id ?? message.id, // the same row from pending to sent
    message,
    head: !before || !belong(before, message),
    tail: !after || !belong(message, after),
    discloses: message.id === disclosing,
  }
}

function belong(a: Message, b: Message): boolean {
  const close = Date.parse(b.created_at) - Date.parse(a.created_at) < GROUP_MS
  return close && a.kind === b.kind && a.author.kind === b.author.kind && a.author.name === b.author.name && isSameDay(a, b)
}

function isSameDay(a: Message, b: Message): boolean {
  return new Date(a.created_at).toDateString() === new Date(b.created_at).toDateString()
}
