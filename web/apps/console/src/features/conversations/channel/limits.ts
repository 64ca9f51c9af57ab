/**
 * What a channel can carry, told before anything is sent. Pure; everything comes from the channel's manifest, nothing here knows a
 * channel. Into how many messages a text is cut only the server knows: `replyLength.ts` asks it.
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

/** What to say of a text's length: nothing while there is room, the count near the end of one message, then that it is over. */
export function lengthNote(text: string, max: number): { say: 'count' | 'over'; now: number; max: number } | null {
  const now = lengthOf(text.trim())
  return now <= max * 0.8 ? null : { say: now <= max ? 'count' : 'over', now, max }
}

/** Marks of Markdown that a channel of plain text leaves out. */
export const hasFormatting = (text: string): boolean => /(\*\*|__|`)\S|^\s*(#{1,6}|[-*+]|\d+\.)\s+\S|\[[^\]]+\]\([^)]+\)/m.test(text)
