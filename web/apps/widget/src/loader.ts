/**
 * Runs in the company's page, so it is small and leaves no trace there but `window.qiao`: one button in a shadow root,
 * and a frame that is made when someone comes near it (or, quietly, when a conversation is already going on).
 * Nothing is fetched before that, and nothing is stored before the panel is opened for the first time.
 */
import type { PanelWord, ToLoader } from './bridge/messages.ts'
import css from './loader.css?inline'

type Command = [name: string, value?: string]
type Qiao = ((...command: Command) => void) & { q?: Command[] }

const TAG = 'qiao-widget'

if (!document.querySelector(TAG)) start(document.currentScript as HTMLScriptElement)

function start({ src, dataset: wish }: HTMLScriptElement): void {
  const page = window as Window & { qiao?: Qiao }
  const home = new URL(src).origin
  const memory = TAG + wish['inbox']
  const host = make(TAG)
  const root = host.attachShadow({ mode: 'open' })
  const button = root.appendChild(make('button'))
  const box = root.appendChild(make('div'))
  const queued = page.qiao?.q ?? []
  /** What the page has told us by `qiao(name, value)`. */
  const told: Record<string, string> = { locale: wish['locale'] || document.documentElement.lang || navigator.language }
  let kept: Partial<PanelWord> = {}
  let frame: HTMLIFrameElement | undefined
  let ready = false
  let shown = false

  try {
    kept = JSON.parse(localStorage[memory] as string) as PanelWord
  } catch {
    // Nothing kept, or storage is blocked: the default look.
  }
  try {
    const sheet = new CSSStyleSheet() // unlike an element, it passes a strict content security policy
    sheet.replaceSync(css)
    root.adoptedStyleSheets = [sheet]
  } catch {
    root.appendChild(make('style')).textContent = css
  }
  button.onclick = () => show(!shown)
  button.onpointerenter = button.onfocus = load
  addEventListener('message', ({ source, origin, data }: MessageEvent<ToLoader>) => {
    if (origin !== home || source !== frame?.contentWindow) return
    ready = true
    if (data.qiao === 'close') show(false)
    else if (data.qiao === 'state') {
      kept = data
      try {
        localStorage[memory] = JSON.stringify(kept)
      } catch {
        // Blocked storage: the next page begins with the default look.
      }
    }
    draw()
  })
  page.qiao = (name, value) => {
    if (value) told[name] = value
    else show(name === 'open')
    draw()
  }
  draw()
  document.documentElement.append(host)
  for (const command of queued) page.qiao(...command)
  if (kept.open) (page.requestIdleCallback ?? setTimeout)(load)

  /** A frame that is not shown opens no session (unless a conversation is going on): it only stands ready. */
  function load(): void {
    if (frame) return
    frame = box.appendChild(make('iframe'))
    frame.src = `${home}/widget/panel/${wish['inbox']}?origin=${location.origin}&locale=${told['locale']}`
  }

  function show(wanted: boolean): void {
    const inside = document.activeElement === host
    shown = wanted
    if (shown) load()
    draw()
    if (shown) frame!.focus()
    else if (inside) button.focus()
  }

  /** Brings button, frame and panel up to date with everything that may have changed. */
  function draw(): void {
    const unread = shown ? 0 : kept.unread
    const name = /^zh/i.test(told['locale']!) ? '在线客服' : 'Chat'
    const colour = kept.colour ?? wish['colour'] ?? '#1f7a6d'
    const ink = kept.ink ?? (/^#..[b-f]/i.test(colour) ? '#000' : '#fff') // green makes most of the brightness
    host.style.cssText = `direction:${(wish['corner'] ?? kept.corner) === 'left' ? 'rtl' : 'ltr'};--c:${colour};--i:${ink}`
    button.setAttribute('aria-label', unread ? `${name} (${unread})` : name)
    button.setAttribute('aria-expanded', shown as unknown as string)
    button.dataset['n'] = (unread || '') as string
    if (frame) frame.title = name
    if (!ready) return
    const { URL: url, title, referrer } = document
    frame!.contentWindow!.postMessage({ ...told, qiao: 'page', url, title, referrer, shown }, home)
  }
}

function make<Tag extends keyof HTMLElementTagNameMap>(tag: Tag): HTMLElementTagNameMap[Tag]
function make(tag: string): HTMLElement
function make(tag: string): HTMLElement {
  return document.createElement(tag)
}
