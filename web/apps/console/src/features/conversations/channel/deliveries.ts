/** What became of replies, by conversation and number: loaded with the thread, then kept by the live feed. */
import { shallowReactive, watch } from 'vue'
import { api, ok } from '@/app/api'
import { useInboxes } from '@/app/inboxes'
import { onLive, onLiveReload } from '@/app/live'
import type { Conversation, DeliveryState, Id, ReplyDelivery } from '@/app/wire'

export type Delivered = Pick<ReplyDelivery, 'state' | 'reason' | 'parts'>
const KEPT = 20
const held = shallowReactive(new Map<Id, ReadonlyMap<number, Delivered>>())

const RANKS: Partial<Record<DeliveryState, number>> = { sent: 1, delivered: 2, read: 3 }
/** A report that comes late takes nothing back: what was read was delivered. */
export const goesOn = (from: DeliveryState | undefined, to: DeliveryState): boolean => (RANKS[to] ?? 9) >= (RANKS[from ?? 'queued'] ?? 0)

function put(id: Id, entries: readonly (readonly [number, Delivered])[]): void {
  const next = new Map(held.get(id))
  for (const [seq, delivered] of entries) next.set(seq, delivered)
  held.delete(id)
  held.set(id, next)
  for (const oldest of [...held.keys()].slice(0, Math.max(0, held.size - KEPT))) held.delete(oldest)
}

export async function loadDeliveries(id: Id): Promise<void> {
  const page = await ok(api.GET('/conversations/{conversation_id}/deliveries', { params: { path: { conversation_id: id } } }))
  put(id, page.items.map((item) => [item.seq, item]))
}

export const deliveryOf = (id: Id, seq: number): Delivered | undefined => held.get(id)?.get(seq)

/** Tries again what was refused or held. */
export async function retryDelivery(id: Id, seq: number): Promise<void> {
  const path = { conversation_id: id, seq }
  put(id, [[seq, await ok(api.POST('/conversations/{conversation_id}/deliveries/{seq}/retry', { params: { path } }))]])
}

/** Follows the deliveries of the conversation that is open. Channels whose customers read here have none. */
export function useDeliveries(conversation: () => Conversation | undefined): void {
  const { channelOf } = useInboxes()
  const asks = (): boolean => channelOf(conversation()?.inbox_id)?.capabilities.includes('live') === false
  const load = (): void => {
    const id = conversation()?.id
    if (id && asks()) loadDeliveries(id).catch(() => undefined)
  }
  watch([() => conversation()?.id, asks], load, { immediate: true })
  onLiveReload(load)
  onLive('delivery.changed.v1', ({ data }) => {
    const before = deliveryOf(data.conversation_id, data.message_seq)
    if (!held.has(data.conversation_id) || !goesOn(before?.state, data.state)) return
    put(data.conversation_id, [[data.message_seq, { state: data.state, reason: data.reason, parts: before?.parts ?? null }]])
  })
}
