import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { inLocale } from '../words/words.ts'
import { useDesk } from './desk.ts'
import { Disclosure } from './disclosure.tsx'
import { useLater } from './later.ts'

const NEAR_END_PX = 80

/** The conversation. It follows its end unless the reader has scrolled up; then a button tells of what is new. */
export function Log() {
  const { state, words } = useDesk()
  const { thread, letters, typing, bot } = state
  const scroller = useRef<HTMLDivElement>(null)
  const follows = useRef(true)
  const [behind, setBehind] = useState(false)
  const disclosed = Boolean(bot?.enabled) && !thread.hasMore
  const { messages, past } = thread
  const count = messages.length + past.length + letters.length
  const later = useLater(count > 0 || typing !== null)
  const toEnd = () => {
    const box = scroller.current
    if (box) box.scrollTop = box.scrollHeight
  }
  useLayoutEffect(() => {
    if (follows.current || letters.length) toEnd()
    else setBehind(true)
  }, [messages[messages.length - 1]?.id, letters.length, later])
  useLayoutEffect(() => {
    if (follows.current) toEnd()
  })
  useEffect(() => {
    const observer = new ResizeObserver(() => follows.current && toEnd())
    const box = scroller.current
    if (box) [box, ...box.children].forEach((part) => observer.observe(part))
    return () => observer.disconnect()
  }, [])
  const scrolled = () => {
    const box = scroller.current
    if (!box) return
    follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX
    if (follows.current) setBehind(false)
  }
  return (
    <div class="middle">
      <div class="scroll" ref={scroller} tabIndex={0} role="region" aria-label={words.messages} onScroll={scrolled}>
        <div>
          {thread.hasMore ? later && <later.Older /> : <Greeting />}
          {disclosed && <Disclosure />}
          {count === 0 && <Suggestions />}
          <div role="log" aria-live="polite" aria-relevant="additions" aria-label={words.messages}>
            <ol>{later && <later.Rows disclosed={disclosed} />}</ol>
          </div>
          {later && <later.WaitingCard />}
          {later && typing && <later.Typing name={typing.name ?? words.agent} />}
        </div>
      </div>
      {behind && (
        <button class="chip behind" type="button" onClick={toEnd}>
          {words.newMessages} ↓
        </button>
      )}
    </div>
  )
}

function Greeting() {
  const { state, words, locale } = useDesk()
  return (
    <div class="row bot head greeting">
      <div class="bubble">
        <p class="plain" dir="auto">
          {inLocale(state.inbox?.settings.greeting, locale) || words.greeting}
        </p>
      </div>
    </div>
  )
}

function Suggestions() {
  const { state, visit, words, locale } = useDesk()
  const suggestions = state.inbox?.settings.suggestions?.[locale] ?? []
  if (!suggestions.length) return null
  return (
    <div class="options" role="group" aria-label={words.suggestions}>
      {suggestions.slice(0, 4).map((question) => (
        <button class="chip" type="button" dir="auto" onClick={() => visit.say(question)}>
          {question}
        </button>
      ))}
    </div>
  )
}
