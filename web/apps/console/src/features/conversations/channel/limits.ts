/**
 * What a channel can carry, told before anything is sent. Pure; everything comes from the channel's manifest, nothing here knows a
 * channel. The server has the last word: it cuts texts and turns what does not fit into links by the same rules.
 */
import type { Channel } from '@/app/wire'

type MediaLimit = Channel['media'][number]
export type FileKind = 'image' | 'voice' | 'video' | 'file'
export type Manifested = Pick<Channel, 'capabilities' | 'media' | 'max_text' | 'max_files'>

/** Why a file goes as a link: its kind, its format, or its size (with the limit in bytes). */
export type FileFault = { why: 'kind'; kind: FileKind } | { why: 'type'; type: string } | { why: 'size'; bytes: number }

const MAIN_KINDS: Record<string, FileKind> = { image: 'image', audio: 'voice', video: 'video' }

export const kindOf = (type: string): FileKind => MAIN_KINDS[type.split('/')[0] ?? ''] ?? 'file'

/** Null when the channel takes the file, as what it is or as a plain file; else why it does not. */
export function fileFault(file: { type: string; size: number }, channel: Manifested): FileFault | null {
  const kinds = [...new Set<FileKind>([kindOf(file.type), 'file'])]
  const faults = kinds.map((kind) => faultAs(file, kind, channel))
  return faults.includes(null) ? null : (faults.find((fault) => fault?.why !== 'kind') ?? faults[0] ?? null)
}

function faultAs(file: { type: string; size: number }, kind: FileKind, channel: Manifested): FileFault | null {
  if (channel.max_files === 0 || !(channel.capabilities as readonly string[]).includes(kind)) return { why: 'kind', kind }
  const limits = channel.media.filter((limit) => limit.kind === kind)
  return limits.map((limit) => faultOf(file, limit)).find((fault) => fault !== null) ?? null
}

function faultOf(file: { type: string; size: number }, limit: MediaLimit): FileFault | null {
  if (limit.types?.length && !limit.types.includes(file.type)) return { why: 'type', type: file.type || '?' }
  return file.size > limit.max_bytes ? { why: 'size', bytes: limit.max_bytes } : null
}

/** Characters as the server counts them: an emoji is one, not two. */
export const lengthOf = (text: string): number => [...text].length

/** What to say of a text's length: nothing while there is room, the count near the end of one message, then how many it becomes. */
export function lengthNote(text: string, max: number): { say: 'count'; now: number; max: number } | { say: 'pieces'; count: number } | null {
  const now = lengthOf(text.trim())
  if (now <= max * 0.8) return null
  if (now <= max) return { say: 'count', now, max }
  return { say: 'pieces', count: piecesOf([...text.trim()], max) }
}

/** Where a text may be cut, best first: paragraphs, lines, sentences, phrases. */
const CUTS = [/\n[ \t]*\n/, /\n/, /[。！？…；.!?;]/, /[，、：,\s]/]

function piecesOf(characters: readonly string[], max: number): number {
  let [count, start] = [0, 0]
  while (characters.length - start > max) {
    start += cutAt(characters.slice(start, start + max).join(''), max)
    count += 1
  }
  return count + 1
}

function cutAt(window: string, max: number): number {
  for (const cut of CUTS) {
    const ends = [...window.matchAll(new RegExp(cut, 'g'))].map((found) => lengthOf(window.slice(0, found.index + found[0].length)))
    const last = ends.filter((end) => end > Math.floor(max / 3)).at(-1)
    if (last !== undefined) return last
  }
  return max
}

/** Marks of Markdown that a channel of plain text leaves out. */
export const hasFormatting = (text: string): boolean => /(\*\*|__|`)\S|^\s*(#{1,6}|[-*+]|\d+\.)\s+\S|\[[^\]]+\]\([^)]+\)/m.test(text)
