/** Inboxes and the channels they belong to, for names and icons; loaded once. */
import { computed, shallowRef, type ComputedRef } from 'vue'
import { api, ok } from './api'
import { localised } from './i18n'
import type { Channel, Id, Inbox } from './wire'

const inboxes = shallowRef<ReadonlyMap<Id, Inbox>>(new Map())
const channels = shallowRef<ReadonlyMap<string, Channel>>(new Map())

export async function loadInboxes(): Promise<void> {
  const [first, second] = await Promise.all([ok(api.GET('/inboxes')), ok(api.GET('/channels'))])
  inboxes.value = new Map(first.items.map((item) => [item.id, item]))
  channels.value = new Map(second.items.map((item) => [item.name, item]))
}

export interface InboxesView {
  inboxes: ComputedRef<Inbox[]>
  inboxById: (id: Id | null | undefined) => Inbox | undefined
  channelOf: (inboxId: Id | null | undefined) => Channel | undefined
  /** "Website · Lan Tea shop": the channel's title and the inbox's name. */
  inboxLabel: (inboxId: Id | null | undefined) => string
}

export function useInboxes(): InboxesView {
  const inboxById = (id: Id | null | undefined) => (id ? inboxes.value.get(id) : undefined)
  const channelOf = (id: Id | null | undefined) => channels.value.get(inboxById(id)?.channel ?? '')
  return {
    inboxes: computed(() => [...inboxes.value.values()]),
    inboxById,
    channelOf,
    inboxLabel: (id) => [localised(channelOf(id)?.title), inboxById(id)?.name].filter(Boolean).join(' · '),
  }
}
