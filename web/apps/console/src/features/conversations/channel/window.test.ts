import { describe, expect, it } from 'vitest'
import { allFilled, filled, lookOf, placesOf, takesReplies } from './window'

const NOW = Date.parse('2026-11-22T12:00:00Z')

describe('a reply window', () => {
  it('that has no end is simply open', () => {
    expect(lookOf({ open: true }, NOW)).toEqual({ open: true, until: null, left: null })
  })

  it('shuts by itself when its time has come', () => {
    const window = { open: true, until: '2026-11-22T12:00:01Z', left: 3, instead: ['template'] }
    expect(lookOf(window, NOW)).toEqual({ open: true, until: window.until, left: 3 })
    expect(lookOf(window, NOW + 1_000)).toEqual({ open: false, why: 'closed', instead: ['template'] })
  })

  it('says why it is shut and what can be done', () => {
    expect(lookOf({ open: false, reason: 'closed', left: 0, instead: [] }, NOW)).toMatchObject({ why: 'spent' })
    expect(lookOf({ open: false, reason: 'closed', instead: ['tagged'] }, NOW)).toEqual({ open: false, why: 'closed', instead: ['tagged'] })
    expect(lookOf({ open: false, reason: 'left' }, NOW)).toMatchObject({ why: 'gone', instead: [] })
  })

  it('of a broken channel still lets replies be written: they wait', () => {
    expect(takesReplies(lookOf({ open: false, reason: 'broken' }, NOW))).toBe(true)
    expect(takesReplies(lookOf({ open: false, reason: 'closed' }, NOW))).toBe(false)
  })
})

describe('a template', () => {
  it('shows the values in their places', () => {
    expect(filled('{{1}}您好，订单 {{2}} 已发货。{{1}}', ['林女士', ' '])).toBe('林女士您好，订单 {{2}} 已发货。林女士')
    expect(filled('没有位置', ['多余'])).toBe('没有位置')
  })

  it('takes as many values as its highest place says', () => {
    expect([placesOf('{{2}} {{1}}'), placesOf('{{1}}{{1}}'), placesOf('none')]).toEqual([2, 1, 0])
  })

  it('goes only when every place has something', () => {
    expect([allFilled(0, []), allFilled(2, ['一']), allFilled(2, ['一', ' ']), allFilled(2, ['一', '二'])]).toEqual([true, false, false, true])
  })
})
