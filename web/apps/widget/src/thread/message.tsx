import { useState } from 'preact/hooks'
import { clock, exact } from '../text/time.ts'
import type { Letter } from '../visit/outbox.ts'
import type { Row } from './rows.ts'
import type { Content, Message, Source } from '../visit/wire.ts'
import { inLocale } from '../words/words.ts'
import { useDesk } from '../view/desk.ts'
import { Disclosure } from '../view/disclosure.tsx'
import { Icon } from '../view/icons.tsx'
import { Files } from './files.tsx'
import { CardView } from './card.tsx'
import { Prose } from './prose.tsx'

type MessageRow = Extract<Row, { kind: 'message' }>

/** `newest`: this is the bot's last word, so it can still be rated and its offers taken up. */
export function MessageItem({ row, newest }: { row: MessageRow; newest: boolean }) {
  const { message } = row
  const mine = message.author.kind === 'contact'
  return (
    <li class={`row ${mine ? 'mine' : message.author.kind}${row.head ? ' head' : ''}`}>
      {row.discloses && <Disclosure />}
      {row.head && !mine && <AuthorLine message={message} />}
      <Bubble message={message} mine={mine} />
      {row.tail && <Stamp message={message} mine={mine} />}
      {message.content && <Extras content={message.content} message={message} newest={newest} />}
    </li>
  )
}

function AuthorLine({ message }: { message: Message }) {
  const { words, state, locale } = useDesk()
  const bot = message.author.kind === 'bot'
  const name = message.author.name || (bot ? inLocale(state.bot?.name, locale) || words.bot : words.agent)
  return (
    <p class="author">
      {name}
      {bot && <span class="tag">{words.ai}</span>}
    </p>
  )
}

function Bubble({ message, mine }: { message: Message; mine: boolean }) {
  const { text, attachments, content } = message
  const sources = content?.type === 'answer' ? content.sources : []
  if (content?.type === 'card') return <CardView card={content.card} />
  return (
    <>
      {text && (
        <div class="bubble">
          {mine ? (
            <p class="plain" dir="auto">
              {text}
            </p>
          ) : (
            <Prose text={text} />
          )}
          {sources.length > 0 && <Sources sources={sources} />}
          {content?.type === 'article' && <Sources sources={[{ entry_id: content.article_id, kind: 'article', title: content.title, url: content.url }]} />}
        </div>
      )}
      <Files files={attachments} />
    </>
  )
}

function Sources({ sources }: { sources: Source[] }) {
  const { words } = useDesk()
  return (
    <ul class="sources" aria-label={words.sources}>
      {sources.map(({ title, url }) => (
        <li>
          <Icon name="page" size={16} />
          {url ? (
            <a href={url} target="_blank" rel="noopener">
              {title}
              <span class="unseen">{words.opensNew}</span>
            </a>
          ) : (
            <span>{title}</span>
          )}
        </li>
      ))}
    </ul>
  )
}

function Extras({ content, message, newest }: { content: Content; message: Message; newest: boolean }) {
  const { visit, words, askForPerson } = useDesk()
  if (!newest) return null
  if (content.type === 'flow') return <Replies content={content} />
  if (content.type !== 'offer' && content.type !== 'answer') return null
  return (
    <>
      {content.type === 'answer' && <Feedback id={message.id} />}
      {content.options && (
        <div class="options" role="group" aria-label={words.options}>
          {content.options.map((option) => (
            <button class="chip" type="button" dir="auto" onClick={() => visit.say(option.label, [], option.entry_id)}>
              {option.label}
            </button>
          ))}
          {content.type === 'offer' && content.turn_id && (
            <button class="chip weak" type="button" onClick={askForPerson}>
              {words.noneOfThese}
            </button>
          )}
        </div>
      )}
    </>
  )
}

/** The buttons of a flow's question. */
function Replies({ content }: { content: Extract<Content, { type: 'flow' }> }) {
  const { visit, words } = useDesk()
  const labels = content.options.map((option) => option.label)
  if (!labels.length && !content.skippable) return null
  return (
    <div class="options" role="group" aria-label={words.options}>
      {labels.map((label) => (
        <button class="chip" type="button" dir="auto" onClick={() => visit.say(label)}>
          {label}
        </button>
      ))}
      {content.skippable && (
        <button class="chip weak" type="button" onClick={() => visit.say(words.skip)}>
          {words.skip}
        </button>
      )}
    </div>
  )
}

function Feedback({ id }: { id: string }) {
  const { visit, words, askForPerson } = useDesk()
  const [given, setGiven] = useState<boolean | null>(null)
  const give = (helpful: boolean) => {
    setGiven(helpful)
    visit.http.giveFeedback(id, helpful).catch(() => setGiven(null))
  }
  if (given === true) return <p class="feedback">{words.thanks}</p>
  if (given === false) {
    return (
      <p class="feedback">
        {words.sorry}
        <button class="chip" type="button" onClick={askForPerson}>
          {words.person}
        </button>
      </p>
    )
  }
  return (
    <div class="feedback" role="group" aria-label={words.helpful}>
      <span>{words.helpful}</span>
      <button class="quiet square small" type="button" aria-label={words.yes} title={words.yes} onClick={() => give(true)}>
        <Icon name="up" size={18} />
      </button>
      <button class="quiet square small" type="button" aria-label={words.no} title={words.no} onClick={() => give(false)}>
        <Icon name="down" size={18} />
      </button>
    </div>
  )
}

function Stamp({ message, mine }: { message: Message; mine: boolean }) {
  const { state, words, locale } = useDesk()
  const { thread } = state
  const last = mine && message === thread.messages.filter((m) => m.author.kind === 'contact').pop()
  const mark = message.seq <= thread.agentSeen ? words.read : words.sent
  return (
    <p class="stamp">
      <time dateTime={message.created_at} title={exact(message.created_at, locale)}>
        {clock(message.created_at, locale)}
      </time>
      {last && <span> · {mark}</span>}
    </p>
  )
}

export function LetterItem({ letter }: { letter: Letter }) {
  const { visit, words } = useDesk()
  const failed = letter.state === 'failed'
  return (
    <li class={`row mine head ${letter.state}`}>
      {letter.text && (
        <div class="bubble">
          <p class="plain" dir="auto">
            {letter.text}
          </p>
        </div>
      )}
      <Files files={letter.files} />
      {failed ? (
        <p class="stamp failed" role="alert">
          <span>{letter.code === 'qiao.invalid' ? words.failedTooLong : words.failed}</span>
          <button class="link" type="button" onClick={() => visit.retry(letter.client_id)}>
            {words.retry}
          </button>
          <button class="link" type="button" onClick={() => visit.discard(letter.client_id)}>
            {words.discard}
          </button>
        </p>
      ) : (
        <p class="stamp">{words.sending}</p>
      )}
    </li>
  )
}
