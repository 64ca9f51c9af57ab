import { useState } from 'preact/hooks'
import { day } from '../text/time.ts'
import { newestBotMessage, rowsOf, type Row } from './rows.ts'
import type { Message } from '../visit/wire.ts'
import { fill } from '../words/words.ts'
import { useDesk } from '../view/desk.ts'
import { LetterItem, MessageItem } from './message.tsx'
import sheet from './thread.css?url'

export { WaitingCard } from './cards.tsx'
export { Sheet } from './sheet.tsx'
export { UploadList } from './upload-list.tsx'
export { Tray } from './tray.ts'

/** Resolves when what is drawn will look as it should. */
export const styled = new Promise((resume) => {
  const link = { rel: 'stylesheet', href: sheet, onload: resume, onerror: resume }
  document.head.append(Object.assign(document.createElement('link'), link))
})

export function Rows({ disclosed }: { disclosed: boolean }) {
  const { state } = useDesk()
  const newest = state.letters.length ? null : newestBotMessage(state.thread)
  return (
    <>
      {rowsOf(state.thread, state.letters, disclosed).map((row) => (
        <RowItem key={row.id} row={row} newest={newest} />
      ))}
    </>
  )
}

function RowItem({ row, newest }: { row: Row; newest: Message | null }) {
  const { locale } = useDesk()
  if (row.kind === 'message') return <MessageItem row={row} newest={row.message === newest} />
  if (row.kind === 'letter') return <LetterItem letter={row.letter} />
  if (row.kind === 'day') return <li class="day">{day(row.at, locale)}</li>
  return <EventLine event={row.event} message={row.message} />
}

function EventLine({ event, message }: { event: string; message: Message }) {
  const { words } = useDesk()
  if (event === 'resolved') return <li class="line">{words.resolved}</li>
  if (event === 'reopened') return <li class="line">{words.reopened}</li>
  const name = agentName(message)
  return <li class="line">{name ? fill(words.joined, { name }) : words.joinedSomeone}</li>
}

function agentName({ content, author }: Message): string | null {
  const facts = content?.type === 'event' ? content.data : {}
  const named = facts['to']
  return typeof named === 'string' && named ? named : author.kind === 'agent' ? author.name : null
}

export function Older() {
  const { visit, words } = useDesk()
  const [busy, setBusy] = useState(false)
  const fetchOlder = () => {
    setBusy(true)
    void visit.older().catch(() => undefined).then(() => setBusy(false))
  }
  return (
    <button class="chip weak older" type="button" disabled={busy} onClick={fetchOlder}>
      {words.older}
    </button>
  )
}

export function Typing({ name }: { name: string }) {
  const { words } = useDesk()
  return (
    <p class="typing" role="status">
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="unseen">{fill(words.typing, { name })}</span>
    </p>
  )
}
