import { describe, expect, it } from 'vitest'
import { bandAt, bands, labelIndexes, linePath, placeOn, roundUp, stack, ticksTo, timeTicksTo } from './scales'

describe('axes', () => {
  it('rounds up to numbers people read', () => {
    expect([0, 3, 12, 21, 47, 260].map(roundUp)).toEqual([1, 5, 20, 25, 50, 500])
  })

  it('begins at zero, in whole steps, and covers the highest value', () => {
    expect(ticksTo(63)).toEqual([0, 20, 40, 60, 80])
    expect(ticksTo(0)).toEqual([0, 1])
    expect(ticksTo(3)).toEqual([0, 1, 2, 3])
  })

  it('steps through time in seconds, minutes, hours', () => {
    expect(timeTicksTo(99)).toEqual([0, 30, 60, 90, 120])
    expect(timeTicksTo(5000)).toEqual([0, 1800, 3600, 5400])
  })

  it('puts zero on the baseline', () => {
    const place = placeOn(80, 200)
    expect([place(0), place(40), place(80)]).toEqual([200, 100, 0])
    expect(placeOn(0, 200)(0)).toBe(200)
  })
})

describe('bands', () => {
  it('shares the width and centres each bar', () => {
    const [first, second] = bands(2, 100, 0.5)
    expect(first).toEqual({ at: 12.5, width: 25, centre: 25 })
    expect(second?.centre).toBe(75)
    expect(bands(90, 45)[0]?.width).toBe(1)
  })

  it('finds the band under a pointer', () => {
    expect([bandAt(-1, 4, 100), bandAt(0, 4, 100), bandAt(99, 4, 100), bandAt(100, 4, 100)]).toEqual([-1, 0, 3, -1])
  })
})

describe('marks', () => {
  it('stacks parts from the baseline', () => {
    expect(stack([{ key: 'bot', value: 6 }, { key: 'people', value: 3 }])).toEqual([
      { key: 'bot', from: 0, to: 6 },
      { key: 'people', from: 6, to: 9 },
    ])
  })

  it('breaks a line where a day has no value and still shows a lone day', () => {
    expect(linePath([{ x: 0, y: 1 }, { x: 10, y: 2 }, { x: 20, y: null }, { x: 30, y: 4 }])).toBe('M0,1L10,2M28,4L32,4')
  })

  it('writes as many labels as fit, the last one always', () => {
    expect(labelIndexes(7, 700)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(labelIndexes(30, 320)).toEqual([5, 11, 17, 23, 29])
  })
})
