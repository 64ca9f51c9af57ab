import { describe, expect, it } from 'vitest'
import { clockOf, copyDay, HALF_HOURS, dayProblem, fromWeek, hoursAWeek, minutesOf, nextSpan, readClock, toWeek, weekIsSound } from './hours'

const LUNCH_BREAK = {
  spans: [
    { days: [1, 2, 3, 4, 5], from: '09:00', to: '12:00' },
    { days: [1, 2, 3, 4, 5], from: '13:30', to: '18:00' },
    { days: [6], from: '10:00', to: '16:00' },
  ],
}

describe('clock', () => {
  it('reads hours and minutes, and midnight as an end', () => {
    expect(minutesOf('09:30')).toBe(570)
    expect(minutesOf('24:00')).toBe(1440)
    expect(minutesOf('9:75')).toBeNull()
    expect(minutesOf('')).toBeNull()
    expect(clockOf(570)).toBe('09:30')
  })

  it('takes what people type', () => {
    expect(['9', '930', '9：30', ' 18:00 ', '24:00'].map(readClock)).toEqual(['09:00', '09:30', '09:30', '18:00', '24:00'])
    expect(['', '25', '9:75', 'noon'].map(readClock)).toEqual([null, null, null, null])
    expect(HALF_HOURS.at(-1)).toBe('24:00')
  })
})

describe('week', () => {
  it('goes from the wire to days and back without loss', () => {
    const week = toWeek(LUNCH_BREAK)
    expect(week[0]).toEqual([{ from: '09:00', to: '12:00' }, { from: '13:30', to: '18:00' }])
    expect(week[6]).toEqual([])
    expect(fromWeek(week)).toEqual(LUNCH_BREAK.spans)
  })

  it('adds up the hours of a week', () => {
    expect(hoursAWeek(toWeek(LUNCH_BREAK))).toBe(43.5)
  })

  it('copies a day to others and leaves the rest', () => {
    const week = copyDay(toWeek(LUNCH_BREAK), 5, [6])
    expect(week[6]).toEqual([{ from: '10:00', to: '16:00' }])
    expect(week[0]).toHaveLength(2)
  })
})

describe('problems', () => {
  it('names spans that end before they begin, overlap or are empty', () => {
    expect(dayProblem([{ from: '18:00', to: '09:00' }])).toBe('backwards')
    expect(dayProblem([{ from: '13:00', to: '15:00' }, { from: '09:00', to: '13:30' }])).toBe('overlap')
    expect(dayProblem([{ from: '', to: '12:00' }])).toBe('empty')
    expect(dayProblem([{ from: '09:00', to: '12:00' }, { from: '12:00', to: '18:00' }])).toBeNull()
    expect(weekIsSound(toWeek(LUNCH_BREAK))).toBe(true)
  })
})

describe('next span', () => {
  it('begins an hour after the last and stays inside the day', () => {
    expect(nextSpan([])).toEqual({ from: '09:00', to: '18:00' })
    expect(nextSpan([{ from: '09:00', to: '12:00' }])).toEqual({ from: '13:00', to: '17:00' })
    expect(nextSpan([{ from: '09:00', to: '21:30' }])).toEqual({ from: '22:30', to: '23:59' })
    expect(nextSpan([{ from: '09:00', to: '23:30' }])).toBeNull()
  })
})
