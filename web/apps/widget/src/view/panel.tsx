import { useEffect, useState } from 'preact/hooks'
import { dress, type Worn } from '../look/dress.ts'
import { composing } from '../text/keys.ts'
import type { Keep } from '../visit/keep.ts'
import type { State } from '../visit/state.ts'
import type { Visit } from '../visit/visit.ts'
import type { Locale } from '../visit/wire.ts'
import { inLocale, loadWords, type Words } from '../words/words.ts'
import { useAttachments } from './attachments.ts'
import { Composer } from './composer.tsx'
import { DeskContext, useDesk } from './desk.ts'
import { Header } from './header.tsx'
import { Icon } from './icons.tsx'
import { Log } from './log.tsx'
import { Plight } from './plight.tsx'

export interface PanelProps {
  visit: Visit
  keep: Keep
  firstLocale: Locale
  firstWords: Words
  /** The page's wish for a language, from the loader. */
  onLocaleWish(hear: (locale: Locale) => void): void
  onWorn(worn: Worn): void
  onClose?: (() => void) | undefined
}

export function Panel(props: PanelProps) {
  const { visit, keep } = props
  const [state, setState] = useState(visit.held.value)
  const [{ locale, words }, setTongue] = useState({ locale: props.firstLocale, words: props.firstWords })
  const [sound, setSound] = useState(keep.get('sound') !== 'off')
  const speak = (wanted: Locale) => void loadWords(wanted).then((found) => setTongue({ locale: wanted, words: found }))
  useEffect(() => {
    setState(visit.held.value) // it may have changed between drawing and listening
    return visit.held.subscribe(setState)
  }, [])
  useEffect(() => props.onLocaleWish(speak), [])
  useLook(state, locale, words, props.onWorn)
  useEscape(props.onClose)
  const askForPerson = () => visit.say(words.person)
  return (
    <DeskContext.Provider value={{ visit, state, words, locale, askForPerson }}>
      <Header
        sound={sound}
        onSound={(on) => {
          keep.set('sound', on ? 'on' : 'off')
          setSound(on)
        }}
        onLocale={(chosen) => {
          keep.set('locale', chosen)
          speak(chosen)
        }}
        onClose={props.onClose}
      />
      {state.phase === 'ready' ? <Talk keep={keep} /> : <Plight />}
    </DeskContext.Provider>
  )
}

function Talk({ keep }: { keep: Keep }) {
  const { visit, state, words } = useDesk()
  const attached = useAttachments(visit.http)
  const [over, setOver] = useState(false)
  const dropped = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    if (event.dataTransfer) attached.add(event.dataTransfer.files)
  }
  return (
    <main
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) => event.currentTarget.contains(event.relatedTarget as Node | null) || setOver(false)}
      onDrop={dropped}
    >
      {state.troubled && (
        <p class="banner" role="status">
          {bannerOf(state, words)}
        </p>
      )}
      <Log />
      <Composer attached={attached} keep={keep} />
      <Foot />
      {over && <p class="dropzone">{words.drop}</p>}
    </main>
  )
}

/** A person is one press away as long as it is the machine that answers. */
function Foot() {
  const { state, words, askForPerson } = useDesk()
  const machine = state.bot?.enabled && !['waiting', 'open'].includes(state.conversation?.status ?? '')
  return (
    <footer>
      {machine && (
        <button class="quiet person" type="button" onClick={askForPerson}>
          <Icon name="person" size={16} />
          {words.person}
        </button>
      )}
      <span class="made" lang="zh">
        Qiao 桥
      </span>
    </footer>
  )
}

function bannerOf(state: State, words: Words): string {
  if (state.link === 'polling') return words.polling
  return navigator.onLine && !state.letters.length ? words.reconnecting : words.down
}

function useLook({ inbox }: State, locale: Locale, words: Words, onWorn: (worn: Worn) => void): void {
  useEffect(() => {
    const wear = () => onWorn(dress(inbox, locale))
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    wear()
    document.title = inLocale(inbox?.settings.title, locale) || inbox?.name || words.chat
    scheme.addEventListener('change', wear)
    return () => scheme.removeEventListener('change', wear)
  }, [inbox, locale])
}

/** Escape leaves, but never while an input method is composing or a picture is open. */
function useEscape(leave: (() => void) | undefined): void {
  useEffect(() => {
    const hear = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !composing(event) && !document.querySelector('dialog[open]')) leave?.()
    }
    document.addEventListener('keydown', hear)
    return () => document.removeEventListener('keydown', hear)
  }, [leave])
}
