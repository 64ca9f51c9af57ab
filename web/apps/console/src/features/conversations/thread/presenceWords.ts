/** "Li Xiang is looking at this", "Li Xiang is replying", "typing": what presence frames say in words. */
import { apart } from '@qiao/i18n'
import { livePresences } from '@/app/live'
import { currentLocale, translate } from '@/app/i18n'
import { person } from '@/app/session'
import type { Id } from '@/app/wire'

const list = (names: readonly string[]): string =>
  new Intl.ListFormat(currentLocale() === 'zh' ? 'zh-CN' : 'en', { type: 'conjunction' }).format(names)

/** A name may be in the other script than the sentence around it. */
const said = (key: string, names: readonly string[]): string => {
  const words = translate(key, { names: list(names) })
  return currentLocale() === 'zh' ? apart(words) : words
}

/** Other people at this conversation; empty when nobody. Whoever replies is said first. */
export function othersHere(id: Id): { words: string; replying: boolean } {
  const presence = livePresences.value.get(id)
  const mine = person.value?.id
  const typing = presence?.typing.filter((item) => item.kind === 'agent' && item.id !== mine) ?? []
  if (typing.length > 0) {
    return { words: said('conversations.replying', typing.map((item) => item.name ?? '')), replying: true }
  }
  const viewers = presence?.viewers.filter((item) => item.id !== mine) ?? []
  return { words: viewers.length > 0 ? said('conversations.viewing', viewers.map((item) => item.name)) : '', replying: false }
}

export function contactTypes(id: Id): boolean {
  return livePresences.value.get(id)?.typing.some((item) => item.kind === 'contact') ?? false
}
