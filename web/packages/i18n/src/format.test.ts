import { describe, expect, it } from 'vitest'
import { apart, formatDate, formatDuration, formatExact, formatListTime, formatMoney, formatPercent, formatRelative, formatTime, nearestLocale } from './index'

const NOW = new Date(2026, 10, 22, 15, 30)

describe('nearestLocale', () => {
  it('takes any Chinese as zh and falls back to en', () => {
    expect(nearestLocale(['zh-Hant-TW', 'en'])).toBe('zh')
    expect(nearestLocale(['fr', 'zh-CN'])).toBe('zh')
    expect(nearestLocale(['fr', 'de'])).toBe('en')
    expect(nearestLocale([])).toBe('en')
  })
})

describe('times', () => {
  it('says the zone after the clock in both languages', () => {
    const at = '2026-11-23T13:08:20Z'
    expect(formatExact(at, 'zh', 'Asia/Shanghai')).toBe('2026年11月23日 21:08:20 GMT+8')
    expect(formatExact(at, 'en', 'Asia/Shanghai')).toBe('Nov 23, 2026, 21:08:20 GMT+8')
    expect(formatExact(at, 'zh', 'UTC')).toBe('2026年11月23日 13:08:20 UTC')
  })

  it('sets Latin words and figures apart from Chinese characters', () => {
    expect(apart('Emma Wright正在查看')).toBe('Emma Wright 正在查看')
    expect(apart('何嘉怡和Élise正在回复')).toBe('何嘉怡和 Élise 正在回复')
    expect(apart('何嘉怡正在查看')).toBe('何嘉怡正在查看')
  })

  it('says how long ago in the reader’s words', () => {
    expect(formatRelative(NOW.getTime() - 20_000, 'zh', NOW)).toBe('刚刚')
    expect(formatRelative(NOW.getTime() - 180_000, 'zh', NOW)).toBe('3 分钟前')
    expect(formatRelative(NOW.getTime() + 7_200_000, 'en', NOW)).toBe('in 2 hours')
    expect(formatRelative(NOW.getTime() - 86_400_000, 'en', NOW)).toBe('yesterday')
  })

  it('shortens list times by age', () => {
    expect(formatListTime(new Date(2026, 10, 22, 9, 5), 'zh', NOW)).toBe('09:05')
    expect(formatListTime(new Date(2026, 10, 20, 9, 5), 'zh', NOW)).toBe('周五')
    expect(formatListTime(new Date(2026, 5, 1), 'en', NOW)).toBe('6/1')
  })

  it('keeps the zone it is given', () => {
    expect(formatTime('2026-11-22T16:30:00Z', 'en', 'Asia/Shanghai')).toBe('00:30')
    expect(formatDate('2026-11-22T16:30:00Z', 'zh', 'Asia/Shanghai')).toBe('2026年11月23日')
  })

  it('names two parts of a duration at most', () => {
    expect(formatDuration(0, 'zh')).toBe('0\u00a0秒')
    expect(formatDuration(200, 'zh')).toBe('3\u00a0分\u00a020\u00a0秒')
    expect(formatDuration(7_500, 'en')).toBe('2h\u00a05m')
    expect(formatDuration(90_061, 'en')).toBe('1d\u00a01h')
  })
})

describe('numbers', () => {
  it('writes money and shares', () => {
    expect(formatMoney(1280.5, 'CNY', 'zh')).toBe('¥1,280.50')
    expect(formatPercent(0.876, 'en')).toBe('88%')
  })
})
