/**
 * The tab's one live connection, and the desk where features ask for its events.
 * Batches come once per animation frame; position moves only after every listener has had the batch.
 */
import { LiveSocket, withoutExpired, withPresence, type LiveEvent, type LiveStatus, type Presences } from '@qiao/live'
import { getCurrentScope, onScopeDispose, readonly, ref, shallowRef, type ShallowRef } from 'vue'
import { serverVersion } from './api'
import type { FactName, Facts } from './facts'
import type { Me } from './wire'

type BatchListener = (events: LiveEvent[]) => void
type ReloadListener = (position: number) => void

const status = ref<LiveStatus>('idle')
const presences = shallowRef<Presences>(new Map())
const batchListeners = new Set<BatchListener>()
const reloadListeners = new Set<ReloadListener>()
const endListeners = new Set<() => void>()
let socket: LiveSocket | null = null
let sweeper: ReturnType<typeof setInterval> | undefined
let at = { epoch: '', after: 0 }

/** How the line stands: `lost` is said after two seconds without one. */
export const liveStatus = readonly(status)
/** The server does not understand this page any more; `app/update` loads another. Null until it has said. */
export const outdated = ref<boolean | null>(null)
/** Who views and who types, by conversation; forgotten ten seconds after the last word of it. */
export const livePresences: Readonly<ShallowRef<Presences>> = presences

function listen<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener)
  const stop = () => {
    listeners.delete(listener)
  }
  if (getCurrentScope()) onScopeDispose(stop)
  return stop
}

/** Every batch, for stores. Stops with the component or scope that asked; also gives the way to stop. */
export const onLiveBatch = (listener: BatchListener): (() => void) => listen(batchListeners, listener)

/** The state is too old to be mended by events: load anew. */
export const onLiveReload = (listener: ReloadListener): (() => void) => listen(reloadListeners, listener)

/** The server ended the session. */
export const onLiveEnd = (listener: () => void): (() => void) => listen(endListeners, listener)

/** Every event of one name, e.g. `knowledge.import_progressed.v1`. */
export function onLive<N extends FactName>(name: N, listener: (event: LiveEvent<Facts[N]>) => void): () => void {
  return onLiveBatch((events) => {
    for (const event of events) if (event.name === name) listener(event as LiveEvent<Facts[N]>)
  })
}

function deliver(events: LiveEvent[]): void {
  for (const listener of batchListeners) listener(events)
  at = { ...at, after: Math.max(at.after, ...events.map((event) => event.n)) }
}

function reload(welcome: { epoch: string; position: number }): void {
  at = { epoch: welcome.epoch, after: welcome.position }
  presences.value = new Map()
  for (const listener of reloadListeners) listener(welcome.position)
}

function socketUrl(): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}/live`
}

export function startLive(me: Me): void {
  if (socket) return
  at = { epoch: me.epoch, after: me.position }
  socket = new LiveSocket({
    url: socketUrl(),
    position: () => at,
    onEvents: deliver,
    onReload: reload,
    onPresence: (frame) => {
      presences.value = withPresence(presences.value, frame, Date.now())
    },
    onStatus: (next) => {
      status.value = next
    },
    onWelcome: (welcome) => {
      serverVersion.value = welcome.app_version
      outdated.value = false
    },
    onEnd: (reason) => {
      if (reason === 'outdated') outdated.value = true
      else for (const listener of endListeners) listener()
    },
  })
  socket.start()
  sweeper = setInterval(() => {
    presences.value = withoutExpired(presences.value, Date.now())
  }, 1_000)
}

export function stopLive(): void {
  clearInterval(sweeper)
  socket?.stop()
  socket = null
  presences.value = new Map()
}

export const retryLive = (): void => socket?.retryNow()
export const sayViewing = (conversationId: string | null): void => socket?.view(conversationId)
export const sayTyping = (conversationId: string, on: boolean): void => socket?.typing(conversationId, on)
