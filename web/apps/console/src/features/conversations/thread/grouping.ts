/** How a stretch of messages is laid out: days, runs of one author, notes, lines about what happened. Pure. */
import type { Author, Message, Summary } from '@/app/wire'

export type Block =
  | { type: 'day'; key: string; at: string }
  | { type: 'run'; key: string; author: Author; side: 'in' | 'out'; items: Message[] }
  | { type: 'note'; key: string; message: Message }
  | { type: 'summary'; key: string; message: Message; summary: Summary }
  | { type: 'event'; key: string; message: Message }
  | { type: 'unread'; key: string }

const RUN_MS = 5 * 60_000

function dayOf(at: string): string {
  return new Date(at).toDateString()
}

function joins(block: Block | undefined, message: Message): boolean {
  if (block?.type !== 'run') return false
  const last = block.items.at(-1)
  if (!last || last.author.kind !== message.author.kind || last.author.id !== message.author.id) return false
  return Date.parse(message.created_at) - Date.parse(last.created_at) < RUN_MS
}

function blockOf(message: Message): Block {
  const key = message.id
  if (message.kind === 'event') return { type: 'event', key, message }
  if (message.content?.type === 'summary') return { type: 'summary', key, message, summary: message.content }
  if (message.kind === 'note') return { type: 'note', key, message }
  return { type: 'run', key, author: message.author, side: message.author.kind === 'contact' ? 'in' : 'out', items: [message] }
}

/** `unreadAfter`: a line is drawn before the first customer's message above that number; null draws none. */
export function blocksOf(messages: readonly Message[], unreadAfter: number | null): Block[] {
  const blocks: Block[] = []
  let day = ''
  let lineDrawn = unreadAfter === null
  for (const message of messages) {
    const thisDay = dayOf(message.created_at)
    if (thisDay !== day) blocks.push({ type: 'day', key: `day-${thisDay}`, at: message.created_at })
    day = thisDay
    if (!lineDrawn && message.author.kind === 'contact' && message.seq > (unreadAfter ?? 0)) {
      blocks.push({ type: 'unread', key: 'unread' })
      lineDrawn = true
    }
    const last = blocks.at(-1)
    if (message.kind === 'text' && joins(last, message) && last?.type === 'run') last.items.push(message)
    else blocks.push(blockOf(message))
  }
  return blocks
}
