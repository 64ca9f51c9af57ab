/** How inboxes stand, put into an order and into words. Pure: nothing here knows a channel. */
import type { ChannelState } from '@/app/wire'

export interface StateLook {
  word: 'ok' | 'broken' | 'unconnected' | 'disabled' | 'slow'
  tone: 'good' | 'urgent' | 'warning' | 'neutral'
  icon: 'check' | 'alert' | 'link' | 'minus' | 'clock'
}

const LOOKS: Record<string, StateLook> = {
  ok: { word: 'ok', tone: 'good', icon: 'check' },
  broken: { word: 'broken', tone: 'urgent', icon: 'alert' },
  unconnected: { word: 'unconnected', tone: 'neutral', icon: 'link' },
}

/** What the badge shows; an inbox that is switched off is that before anything else. */
export function lookOf(state: string, enabled = true): StateLook {
  if (!enabled) return { word: 'disabled', tone: 'neutral', icon: 'minus' }
  return LOOKS[state] ?? { word: 'unconnected', tone: 'neutral', icon: 'link' }
}

/** Seconds after which what lies unread is worth a colour. */
export const SLOW_SECONDS = 30

const isTrouble = (state: ChannelState): boolean => state.enabled && state.state === 'broken'
const needsHand = (state: ChannelState): boolean => (state.parked ?? 0) > 0 || (state.lag_seconds ?? 0) > SLOW_SECONDS

/** What needs somebody first: broken, then parked or slow, then what was never connected; the rest as it came. */
export function byNeed(states: readonly ChannelState[]): ChannelState[] {
  const rank = (state: ChannelState): number => {
    if (isTrouble(state)) return 0
    if (needsHand(state)) return 1
    return state.enabled && state.state === 'unconnected' ? 2 : 3
  }
  return [...states].sort((one, other) => rank(one) - rank(other))
}

export const brokenOf = (states: readonly ChannelState[]): ChannelState[] => states.filter(isTrouble)

/** A lag as [key, number]: seconds below two minutes, then minutes, then hours. Null: there is none. */
export function lagOf(seconds: number): ['seconds' | 'minutes' | 'hours', number] | null {
  if (seconds < 1) return null
  if (seconds < 120) return ['seconds', Math.round(seconds)]
  if (seconds < 7_200) return ['minutes', Math.round(seconds / 60)]
  return ['hours', Math.round(seconds / 3_600)]
}
