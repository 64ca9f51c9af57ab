/**
 * What is being written, per conversation: kept in the tab while moving about, and on the server within a second of the
 * last key. An editor that nobody has typed into never saves, so that it cannot wipe what a colleague has begun.
 */
import { computed, reactive, shallowReactive, watch, type WritableComputedRef } from 'vue'
import { api, ok } from '@/app/api'
import { loadedPages } from '@/app/conversations'
import { liveStatus } from '@/app/live'
import type { Draft, Id, StoredFile } from '@/app/wire'

export interface Upload {
  id: string
  name: string
  type: string
  size: number
  preview: string | null
  state: 'uploading' | 'done' | 'failed'
  why: string
  stored: StoredFile | null
  file: File
}

export interface Writing extends Draft {
  uploads: Upload[]
  touched: boolean
  saved: 'idle' | 'saving' | 'saved' | 'failed'
}

const SAVE_AFTER_MS = 700
const writings = shallowReactive(new Map<Id, Writing>())
const timers = new Map<Id, ReturnType<typeof setTimeout>>()

/** The writing of a conversation; begins with the server's draft once that is known. */
export function writingOf(id: Id): Writing {
  const held = writings.get(id)
  if (held) return held
  const fresh: Writing = reactive({ text: '', kind: 'text', uploads: [], touched: false, saved: 'idle' })
  writings.set(id, fresh)
  return fresh
}

/** Takes the server's draft, unless somebody has typed here already. */
export function adoptDraft(id: Id): void {
  const writing = writingOf(id)
  const draft = loadedPages.get(id)?.draft
  if (writing.touched || !draft) return
  writing.text = draft.text
  writing.kind = draft.kind
}

async function save(id: Id): Promise<void> {
  clearTimeout(timers.get(id))
  timers.delete(id)
  const writing = writingOf(id)
  if (!writing.touched) return
  writing.saved = 'saving'
  try {
    const body = { text: writing.text, kind: writing.kind }
    // Asked for by a page that goes, it still arrives.
    await ok(api.PUT('/conversations/{conversation_id}/draft', { params: { path: { conversation_id: id } }, body, keepalive: true }))
    if (!timers.has(id)) writing.saved = writing.text ? 'saved' : 'idle'
  } catch {
    // The text stays in the tab; the next key tries again, and so does the line when it is back.
    writing.saved = 'failed'
  }
}

/** What is not on the server yet goes now. */
function saveRest(): void {
  for (const [id, { saved }] of writings) if (timers.has(id) || saved === 'failed') void save(id)
}
watch(liveStatus, (status) => status === 'live' && saveRest())
addEventListener('pagehide', saveRest)

export function saveSoon(id: Id): void {
  clearTimeout(timers.get(id))
  timers.set(id, setTimeout(() => void save(id), SAVE_AFTER_MS))
}

function touch(id: Id, change: Partial<Draft>): void {
  Object.assign(writingOf(id), change, { touched: true })
  saveSoon(id)
}

/** Empties the editor after a message went out; the server's draft goes with it. */
export function clearWriting(id: Id): void {
  const writing = writingOf(id)
  for (const upload of writing.uploads) if (upload.preview) URL.revokeObjectURL(upload.preview)
  writing.uploads = []
  touch(id, { text: '' })
}

export function writeText(id: Id, text: string, kind?: Draft['kind']): void {
  touch(id, kind ? { text, kind } : { text })
}

export function useWritingText(id: () => Id): WritableComputedRef<string> {
  return computed({ get: () => writingOf(id()).text, set: (text) => touch(id(), { text }) })
}

export function useWritingKind(id: () => Id): WritableComputedRef<Draft['kind']> {
  return computed({
    get: () => writingOf(id()).kind,
    set: (kind) => {
      const writing = writingOf(id())
      if (writing.text) touch(id(), { kind })
      else writing.kind = kind
    },
  })
}
