/** Trying a tool: what the form holds, what is sent, and what came back as keys of the catalogue. Pure. */
import type { Server } from '@/app/wire'
import type { HttpArgument } from './httpDraft'

export type HttpToolTrial = Server['HttpToolTrial']
export type Samples = Record<string, string>
type Sent = NonNullable<Server['HttpToolTry']['arguments']>

/** An empty form for the arguments, keeping what was typed for those that are still there. */
export const samplesFor = (args: readonly HttpArgument[], before: Samples = {}): Samples => Object.fromEntries(args.map(({ name }) => [name, before[name] ?? '']))

/** The arguments that the server would not take: required and empty, or no number. */
export function unfit(args: readonly HttpArgument[], samples: Samples): Set<string> {
  const wrong = args.filter(({ name, type, required }) => {
    const text = (samples[name] ?? '').trim()
    return text === '' ? required : type === 'number' && !Number.isFinite(Number(text))
  })
  return new Set(wrong.map(({ name }) => name))
}

/** What is sent: typed as the tool declares it, without what was left empty. */
export function sent(args: readonly HttpArgument[], samples: Samples): Sent {
  const typed = { text: (text: string) => text, number: Number, yes_no: (text: string) => text === 'yes' }
  const given = args.filter(({ name }) => (samples[name] ?? '').trim() !== '')
  return Object.fromEntries(given.map(({ name, type }) => [name, typed[type ?? 'text'](samples[name]!.trim())]))
}

const REASONS = ['host', 'address', 'timeout', 'connect', 'tls', 'broken', 'compressed', 'too_large'] as const

/** Why it failed, as a key of the catalogue with what it names; null where the kind of failure says it all. */
export function reasonOf({ reason, field, status }: Pick<HttpToolTrial, 'reason' | 'field' | 'status'>): { key: string; named: Record<string, string> } | null {
  if (field) return { key: 'field', named: { name: field } }
  if (reason.startsWith('type:')) return { key: 'type', named: { name: reason.slice('type:'.length) } }
  const known = REASONS.find((one) => one === reason)
  if (known) return { key: known, named: {} }
  return status !== null && reason === String(status) ? { key: 'status', named: { status: reason } } : null
}

/** A value as a flow would have it, on one line or more. */
export const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' && value !== null ? 2 : 0))
