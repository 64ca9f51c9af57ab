import { describe, expect, it } from 'vitest'
import type { ChannelState } from '@/app/wire'
import { brokenOf, byNeed, lagOf, lookOf } from './health'

const inbox = (name: string, part: Partial<ChannelState> = {}): ChannelState => ({
  inbox_id: name, name, channel: 'any', enabled: true, webhook_url: null, secrets_set: [], state: 'ok', parked: 0, lag_seconds: 0, ...part,
})

describe('the list of inboxes', () => {
  it('begins with what needs somebody and keeps the order of the rest', () => {
    const states = [
      inbox('fine'),
      inbox('new', { state: 'unconnected' }),
      inbox('slow', { lag_seconds: 31 }),
      inbox('parked', { parked: 1 }),
      inbox('broken', { state: 'broken' }),
      inbox('off', { state: 'broken', enabled: false }),
    ]
    expect(byNeed(states).map((state) => state.name)).toEqual(['broken', 'slow', 'parked', 'new', 'fine', 'off'])
  })

  it('warns only of inboxes that are switched on', () => {
    expect(brokenOf([inbox('off', { state: 'broken', enabled: false }), inbox('on', { state: 'broken' }), inbox('fine')]).map((one) => one.name)).toEqual(['on'])
  })
})

describe('a state', () => {
  it('is shown as switched off before anything else, and an unknown one as unconnected', () => {
    expect(lookOf('broken', false).word).toBe('disabled')
    expect(lookOf('broken').tone).toBe('urgent')
    expect(lookOf('something new').word).toBe('unconnected')
  })

  it('tells its lag in the unit that people use', () => {
    expect([0.4, 1, 119, 120, 7_199, 7_200].map(lagOf)).toEqual([null, ['seconds', 1], ['seconds', 119], ['minutes', 2], ['minutes', 120], ['hours', 2]])
  })
})
