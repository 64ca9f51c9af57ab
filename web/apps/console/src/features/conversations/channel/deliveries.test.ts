import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import type { Conversation } from '@/app/wire'

const world = vi.hoisted(() => ({
  capabilities: ['text'] as string[],
  asked: [] as string[],
  items: [] as object[],
  listeners: new Map<string, (event: { data: unknown }) => void>(),
}))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: {
    GET: async (path: string) => {
      world.asked.push(path)
      return { items: world.items }
    },
    POST: async () => ({ seq: 2, state: 'queued', reason: null, parts: 1 }),
  },
}))
vi.mock('@/app/inboxes', () => ({ useInboxes: () => ({ channelOf: () => ({ capabilities: world.capabilities }) }) }))
vi.mock('@/app/live', () => ({
  onLive: (name: string, listener: (event: { data: unknown }) => void) => world.listeners.set(name, listener),
  onLiveReload: vi.fn(),
}))

const { deliveryOf, goesOn, retryDelivery, useDeliveries } = await import('./deliveries')
const tell = (seq: number, state: string, reason: string | null = null): void =>
  world.listeners.get('delivery.changed.v1')?.({ data: { conversation_id: 'c1', message_seq: seq, state, reason, at: null } })

async function open(): Promise<void> {
  effectScope().run(() => useDeliveries(() => ({ id: 'c1', inbox_id: 'i1' }) as Conversation))
  await new Promise((done) => setTimeout(done))
}

describe('what became of replies', () => {
  beforeEach(() => Object.assign(world, { capabilities: ['text'], asked: [], items: [{ seq: 2, state: 'sent', reason: null, parts: 3 }] }))

  it('is loaded with the conversation and kept by the feed', async () => {
    await open()
    expect(deliveryOf('c1', 2)).toMatchObject({ state: 'sent', parts: 3 })
    tell(2, 'delivered')
    tell(4, 'rejected', 'blocked')
    expect([deliveryOf('c1', 2), deliveryOf('c1', 4)]).toEqual([{ state: 'delivered', reason: null, parts: 3 }, { state: 'rejected', reason: 'blocked', parts: null }])
  })

  it('is not asked for where customers read here', async () => {
    world.capabilities = ['text', 'live']
    await open()
    expect(world.asked).toEqual([])
  })

  it('takes nothing back for a report that comes late', async () => {
    await open()
    tell(2, 'read')
    tell(2, 'delivered')
    tell(2, 'sent')
    expect(deliveryOf('c1', 2)?.state).toBe('read')
    expect([goesOn('sent', 'rejected'), goesOn('rejected', 'queued'), goesOn(undefined, 'sent'), goesOn('read', 'delivered')]).toEqual([true, true, true, false])
  })

  it('begins again when it is sent again', async () => {
    await open()
    tell(2, 'rejected', 'window_closed')
    await retryDelivery('c1', 2)
    expect(deliveryOf('c1', 2)?.state).toBe('queued')
  })
})
