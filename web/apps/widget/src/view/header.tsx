import { useRef, useState } from 'preact/hooks'
import { nobodyThere, peopleThere } from '../visit/duty.ts'
import type { State } from '../visit/state.ts'
import type { Locale } from '../visit/wire.ts'
import { fill, inLocale, type Words } from '../words/words.ts'
import { useDesk } from './desk.ts'
import { Icon } from './icons.tsx'
import { useLater } from './later.ts'

export interface HeaderProps {
  sound: boolean
  onSound(on: boolean): void
  onLocale(locale: Locale): void
  /** Absent when the panel is a page of its own. */
  onClose?: (() => void) | undefined
}

export function Header(props: HeaderProps) {
  const { state, words, locale } = useDesk()
  const { inbox } = state
  const title = inLocale(inbox?.settings.title, locale) || inbox?.name || words.chat
  const logo = inbox?.settings.logo
  return (
    <header>
      <span class="logo">{logo ? <img src={logo} alt="" width="36" height="36" /> : <Icon name="mark" size={22} />}</span>
      <div class="who">
        <h1 id="title" dir="auto">{title}</h1>
        {inbox && <p class="sub">{whoAnswers(state, words, locale)}</p>}
      </div>
      <Menu {...props} />
      {props.onClose && (
        <button class="quiet square" type="button" aria-label={words.close} title={words.close} onClick={props.onClose}>
          <Icon name="close" />
        </button>
      )}
    </header>
  )
}

/** Who would answer a message sent now. How soon is said only while people do. */
export function whoAnswers(state: Pick<State, 'conversation' | 'inbox' | 'bot' | 'thread'>, words: Words, locale: Locale): string {
  const { conversation, inbox, bot } = state
  if (conversation?.status === 'open' && conversation.agent) return fill(words.agentHere, { name: conversation.agent.name })
  if (conversation?.status === 'waiting') return nobodyThere(state) ? words.replyLater : words.waitingTeam
  if (peopleThere(inbox)) return inLocale(inbox?.settings.reply_time, locale) || (bot?.enabled ? words.replyBot : words.replyTeam)
  return bot?.enabled ? words.replyBot : words.replyLater
}

function Menu(props: HeaderProps) {
  const { words } = useDesk()
  const [open, setOpen] = useState(false)
  const later = useLater(open)
  const toggle = useRef<HTMLButtonElement>(null)
  return (
    <div class="menu">
      <button
        ref={toggle}
        class="quiet square"
        type="button"
        aria-label={words.menu}
        title={words.menu}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name="more" />
      </button>
      {open && later && (
        <later.Sheet
          {...props}
          onLeave={(back) => {
            setOpen(false)
            if (back) toggle.current?.focus()
          }}
        />
      )}
    </div>
  )
}
