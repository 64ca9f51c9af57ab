import { useState } from 'preact/hooks'
import type { Inbox, Locale } from '../visit/wire.ts'
import { nobodyThere } from '../visit/duty.ts'
import { exact } from '../text/time.ts'
import { AWAY } from '../words/away.ts'
import { fill, inLocale, queueWords } from '../words/words.ts'
import { useDesk } from '../view/desk.ts'
import { Icon } from '../view/icons.tsx'

/** What stands below the last message while a person is being found, or when nobody is on duty. */
export function WaitingCard() {
  const { state } = useDesk()
  if (state.conversation?.status !== 'waiting') return null
  return nobodyThere(state) ? <AwayCard /> : <QueueCard />
}

/** The words are drawn anew with each frame, in a polite region, so that a place gained is also heard. */
function QueueCard() {
  const { state, words } = useDesk()
  const queue = state.conversation?.queue
  const [place, estimate] = queue ? queueWords(words, queue) : [words.connecting, undefined]
  return (
    <div class="card soft" role="status">
      <p>
        <strong>{place}</strong>
        {estimate && ` · ${estimate}`}
      </p>
      <p class="sub">{words.queueStay}</p>
    </div>
  )
}

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/

function AwayCard() {
  const { visit, state, words, locale } = useDesk()
  const [email, setEmail] = useState('')
  const [problem, setProblem] = useState('')
  const [busy, setBusy] = useState(false)
  const asks = !state.identified && state.inbox?.settings.ask_email_when_away !== false
  const leave = async (event: Event) => {
    event.preventDefault()
    if (!EMAIL.test(email.trim())) return setProblem(words.emailWrong)
    setBusy(true)
    setProblem(await visit.giveEmail(email.trim()).then(() => '', () => words.emailFailed))
    setBusy(false)
  }
  if (state.email) {
    return (
      <p class="card" role="status">
        {fill(words.emailKept, { email: state.email })}
      </p>
    )
  }
  return (
    <form class="card away" noValidate onSubmit={leave}>
      <h2>
        <Icon name="moon" size={18} /> {words.offTitle}
      </h2>
      <p class="sub" id="away">
        {asks ? words.offText : words.offQueue}
      </p>
      <Back inbox={state.inbox} locale={locale} />
      {asks && (
        <div class="field">
          <input
            type="email"
            name="email"
            autoComplete="email"
            inputMode="email"
            dir="ltr"
            aria-label={words.email}
            aria-describedby={problem ? 'away-problem' : 'away'}
            aria-invalid={problem !== ''}
            placeholder="name@example.com"
            value={email}
            onInput={(event) => setEmail(event.currentTarget.value)}
          />
          <button class="main" type="submit" disabled={busy}>
            {words.leave}
          </button>
        </div>
      )}
      {problem && (
        <p class="problem" id="away-problem" role="alert">
          {problem}
        </p>
      )}
    </form>
  )
}

/** When people are there again, in the reader's own time, where that is known. */
function Back({ inbox, locale }: { inbox: Inbox | null; locale: Locale }) {
  if (!inbox?.opens_at) return null
  const name = inLocale(inbox.closed_for, locale)
  return <p class="sub">{fill(name ? AWAY[locale].after : AWAY[locale].back, { name, when: exact(inbox.opens_at, locale) })}</p>
}
