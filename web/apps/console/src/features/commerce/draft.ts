/** What the commerce form holds, what of it is wrong, and what is sent. The secret can only be written. Pure. */
import type { Server } from '@/app/wire'

export type CommerceSettings = Server['CommerceSettings']
export type Policy = Required<NonNullable<Server['Policy']>>

export interface CommerceDraft {
  provider: CommerceSettings['provider']
  base_url: string
  /** What was typed; empty leaves the stored one as it is. */
  secret: string
  seconds: number
  policy: Policy
}

export type CommerceProblem = 'base_url' | 'secret' | 'seconds' | 'country' | Exclude<keyof Policy, 'home_country' | 'return_address'>

const LEAST_SECRET = 16
const MOST_SECRET = 200
/** From and to, whole numbers. Amounts are in the smallest unit of the currency. */
const BOUNDS = {
  return_days: [0, 365],
  special_vat_from: [0, Number.MAX_SAFE_INTEGER],
  invoice_days: [0, 365],
  invoice_hours: [1, 720],
  complaint_days: [1, 60],
  cancel_hours: [0, 720],
  stale_days_home: [0, 365],
  stale_days_abroad: [0, 365],
} as const satisfies Record<Exclude<keyof Policy, 'home_country' | 'return_address'>, readonly [number, number]>
export type Bounded = keyof typeof BOUNDS

const isWithin = (value: unknown, [from, to]: readonly [number, number]): boolean => Number.isInteger(value) && Number(value) >= from && Number(value) <= to

export function draftOf(saved: CommerceSettings): CommerceDraft {
  const { provider, base_url, timeout_ms, policy } = saved
  return { provider, base_url, secret: '', seconds: timeout_ms / 1000, policy: structuredClone(policy) as Policy }
}

function isAddress(text: string): boolean {
  const address = URL.parse(text.trim())
  return address !== null && ['http:', 'https:'].includes(address.protocol) && !address.search && !address.hash && !address.username
}

/** What the server would refuse. A service needs an address and a secret; the store's rules count where the store is used. */
export function problemsOf(draft: CommerceDraft, hasSecret: boolean): Set<CommerceProblem> {
  const found = new Set<CommerceProblem>()
  const secret = draft.secret.trim().length
  if (draft.provider === 'rest') {
    if (!isAddress(draft.base_url)) found.add('base_url')
    if (secret ? secret < LEAST_SECRET || secret > MOST_SECRET : !hasSecret) found.add('secret')
    if (!(draft.seconds >= 0.2 && draft.seconds <= 10)) found.add('seconds')
    return found
  }
  for (const [name, bounds] of Object.entries(BOUNDS)) if (!isWithin(draft.policy[name as Bounded], bounds)) found.add(name as Bounded)
  if (!/^[A-Z]{2}$/.test(draft.policy.home_country)) found.add('country')
  return found
}

/** Only what differs, of the provider that is chosen. */
export function changesOf(saved: CommerceSettings, draft: CommerceDraft): Server['CommerceChanges'] {
  const changes: Server['CommerceChanges'] = {}
  if (draft.provider !== saved.provider) changes.provider = draft.provider
  if (draft.provider === 'rest') {
    if (draft.base_url.trim() !== saved.base_url) changes.base_url = draft.base_url.trim()
    if (draft.secret.trim()) changes.secret = draft.secret.trim()
    if (Math.round(draft.seconds * 1000) !== saved.timeout_ms) changes.timeout_ms = Math.round(draft.seconds * 1000)
  } else if (JSON.stringify(draft.policy) !== JSON.stringify(saved.policy)) changes.policy = draft.policy
  return changes
}
