/**
 * A newer version of this page is at the server: said quietly, and loaded when nobody is in the middle of anything. Fetched with the shell
 * and not when it is needed: by then the files of this page's version may be gone.
 */
import { computed, ref, watch } from 'vue'
import type { Router } from 'vue-router'
import { serverVersion } from './api'
import { outdated } from './live'

const LOOK_EVERY_MS = 5_000
export const IDLE_MS = 60_000
/** A tab that nobody looks at. */
export const HIDDEN_MS = 10_000
/** Tabs of a whole company do not come at once. */
const SPREAD_MS = 60_000
/**
 * A page that is younger and not understood came from a server that was not changed yet: to load it again at once brings the same.
 * Each time in a row that it did, the next waits twice as long; after `RELOADS` it is left to the person.
 */
export const YOUNG_MS = 60_000
const RELOADS = 6
const RELOADED_FOR = 'qiao.reloaded_for'
const NOT_UNDERSTOOD = 'qiao.not_understood'

/** The version that this page was loaded from: its own answer says it, where the browser shows that. */
function ownVersion(): string {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return page?.serverTiming?.find((one) => one.name === 'qiao')?.description ?? ''
}

/** Whether version `one` is above `other`: while nodes change one after the other, an older one may answer too. */
export function newer(one: string, other: string): boolean {
  const [mine = [], theirs = []] = [one, other].map((version) => version.split(/[.+-]/).map(Number))
  const at = mine.findIndex((part, place) => part !== (theirs[place] ?? 0))
  return at >= 0 && (mine[at] ?? 0) > (theirs[at] ?? 0)
}

const own = ref(ownVersion())
/** A file of this page's version was asked for and is not there any more. */
const gone = ref(false)
/** The page should be loaded anew. */
export const updateWaiting = computed(() => outdated.value || gone.value || (own.value !== '' && newer(serverVersion.value, own.value)))

/** Everything typed into, or given a file, since the page was loaded. */
const touched = new Set<Element>()
let busyAt = Date.now()

function holdsSomething(field: Element): boolean {
  if (!field.isConnected) return false
  if (field instanceof HTMLInputElement && field.type === 'file') return true
  return ('value' in field ? String(field.value) : (field.textContent ?? '')).trim() !== ''
}

/** Something was begun and not sent: it is not taken from anybody. */
export function midway(): boolean {
  for (const field of touched) if (!holdsSomething(field)) touched.delete(field)
  return touched.size > 0 || document.querySelector('[role=dialog],[role=alertdialog]') !== null
}

/** Whether the page may be loaded anew without anybody noticing. `patience` is this tab's own share of waiting. */
export function quiet(now: number, patience: number): boolean {
  return now - busyAt > (document.hidden ? HIDDEN_MS : IDLE_MS) + patience && !midway()
}

/** Nothing new reaches a page that is not understood: it does not wait for a pause, only for what was begun. */
function followServer(): void {
  if (outdated.value === false) sessionStorage.removeItem(NOT_UNDERSTOOD)
  if (!outdated.value || midway()) return
  const before = Number(sessionStorage.getItem(NOT_UNDERSTOOD))
  if (before >= RELOADS || performance.now() < YOUNG_MS * 2 ** before) return
  sessionStorage.setItem(NOT_UNDERSTOOD, String(before + 1))
  location.reload()
}

function reloadOnce(): void {
  // Once for a version: where a reload does not bring it, as through a cache on the way, there is no second.
  if (sessionStorage.getItem(RELOADED_FOR) === serverVersion.value) return
  sessionStorage.setItem(RELOADED_FOR, serverVersion.value)
  location.reload()
}

/** Begins to watch; call once. */
export function watchForUpdates(router: Router): void {
  const patience = Math.random() * SPREAD_MS
  const busy = () => (busyAt = Date.now())
  const note = ({ target }: Event) => {
    busy()
    if (target instanceof Element) touched.add(target)
  }
  for (const name of ['input', 'change', 'drop', 'paste']) document.addEventListener(name, note, true)
  for (const name of ['keydown', 'pointerdown', 'pointermove', 'wheel']) document.addEventListener(name, busy, { capture: true, passive: true })
  addEventListener('vite:preloadError', () => (gone.value = true))
  router.onError((_error, to) => void follow(router.resolve(to).href))
  watch(outdated, followServer, { immediate: true })
  setInterval(() => {
    own.value ||= serverVersion.value
    followServer()
    if (updateWaiting.value && quiet(Date.now(), patience)) reloadOnce()
  }, LOOK_EVERY_MS)
}

/** A page whose files are gone is opened from the server, when that is there and nothing is lost by it. */
async function follow(href: string): Promise<void> {
  if (!gone.value || midway()) return
  const there = await fetch(href, { method: 'HEAD', cache: 'no-store' }).catch(() => null)
  if (there?.ok) location.assign(href)
}
