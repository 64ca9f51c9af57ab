/**
 * Why a provider refused, for the reader: our own words for a stable word, else what the channel's own folder says of the code, else as
 * it came. The folder's words are fetched once a channel, and only when a code has to be told.
 */
import { shallowReactive } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, ok } from './api'
import { localised } from './i18n'
import type { Server } from './wire'

type Reason = Server['ReasonWords']
export interface Told {
  words: string
  /** What the provider said, where the words say it otherwise. */
  detail: string
}
const known = shallowReactive(new Map<string, readonly Reason[]>())
const asked = new Set<string>()

function reasonsOf(channel: string): readonly Reason[] {
  if (channel && !asked.has(channel)) {
    asked.add(channel)
    const params = { path: { name: channel } }
    ok(api.GET('/channels/{name}/reasons', { params })).then((page) => known.set(channel, page.items), () => asked.delete(channel))
  }
  return known.get(channel) ?? []
}

const escaped = (code: string): string => code.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The first whose code stands in what was said as a word of its own; one that is only a number, at the beginning. */
export function meaningOf(said: string, reasons: readonly Reason[]): Reason | undefined {
  return reasons.find(({ code }) => {
    const before = /^\d+$/.test(code) ? '^\\W*(?:error |the platform said )?' : '(?<![\\w.])'
    return new RegExp(`${before}${escaped(code)}(?!\\w|\\.\\d)`, 'i').test(said)
  })
}

export function useReasons(): (said: string | null | undefined, channel: string | undefined) => Told {
  const { t, te } = useI18n()
  return (said, channel) => {
    if (!said) return { words: '', detail: '' }
    const key = `channels.delivery.reason.${said}`
    if (/^\w+$/.test(said) && te(key)) return { words: t(key), detail: '' }
    const meaning = meaningOf(said, reasonsOf(channel ?? ''))
    return meaning ? { words: localised(meaning.words), detail: said } : { words: said, detail: '' }
  }
}
