/** Starts the panel, in a frame or as a page of its own. The inbox's key is the last part of the address. */
import { render } from 'preact'
import { findHost } from './bridge/host.ts'
import type { PageWord } from './bridge/messages.ts'
import type { Worn } from './look/dress.ts'
import { openKeep } from './visit/keep.ts'
import { versions } from './visit/versions.ts'
import { Visit } from './visit/visit.ts'
import type { Locale } from './visit/wire.ts'
import { Panel } from './view/panel.tsx'
import { loadWords, nearest, type Words } from './words/words.ts'
import './panel.css'

const inboxKey = decodeURIComponent(location.pathname.split('/').filter(Boolean).pop() ?? '')
const keep = openKeep(inboxKey)
const wished = new URLSearchParams(location.search).get('locale')
const firstLocale = nearest(keep.get('locale') || wished || navigator.language)
const visit = new Visit({ inboxKey, locale: firstLocale === 'zh' ? 'zh-CN' : 'en', page: pageOfOwn() }, keep)
const host = findHost(hear)
let worn: Worn | null = null
let speakLocale: (locale: Locale) => void = () => undefined
let begun = false

visit.onReply = () => {
  if (keep.get('sound') !== 'off' && !(visit.held.value.shown && document.hasFocus())) void import('./view/sound.ts').then(({ chime }) => chime())
}
void loadWords(firstLocale).then(draw)
document.documentElement.dataset['mode'] = host ? 'frame' : 'page'
if (host) {
  visit.held.subscribe(tellHost)
  host.tell({ qiao: 'ready' })
} else {
  visit.show(true)
  begin()
}

function draw(words: Words): void {
  render(
    <Panel
      visit={visit}
      keep={keep}
      firstLocale={firstLocale}
      firstWords={words}
      onLocaleWish={(change) => (speakLocale = change)}
      onWorn={(now) => {
        worn = now
        tellHost()
      }}
      onClose={host ? () => host.tell({ qiao: 'close' }) : undefined}
    />,
    document.getElementById('panel')!,
  )
}

function begin(): void {
  if (begun) return
  begun = true
  void visit.begin()
}

let wishedLocale = wished
let asked: string | undefined

/** Called whole on every change; what did not change is left alone. */
function hear({ url, title, referrer, locale, shown, identify, ask, flow }: PageWord): void {
  if (!begun) visit.introduce({ url, title, referrer })
  if (identify) visit.identify(identify)
  if (locale !== wishedLocale) speakLocale(nearest((wishedLocale = locale)))
  if (shown !== visit.held.value.shown) {
    // While the panel opens or closes nobody minds; what was being written is kept on the device.
    if (versions.size > 1) location.reload()
    visit.show(shown)
  }
  if (shown || keep.get('token')) begin()
  if (shown && ask && ask !== asked) visit.say((asked = ask), [], flow)
}

let told = ''

/** The loader hears of a change once. */
function tellHost(): void {
  const { unread, inbox, conversation, phase } = visit.held.value
  if (!host || !worn || phase !== 'ready') return
  const open = keep.lasting && conversation !== null && (conversation.status !== 'resolved' || unread > 0)
  const word = { qiao: 'state' as const, unread, ...worn, corner: inbox?.settings.corner ?? '', open }
  const now = JSON.stringify(word)
  if (now !== told) host.tell(word)
  told = now
}

function pageOfOwn() {
  return { url: location.origin + location.pathname, title: document.title, referrer: document.referrer }
}
