import { describe, expect, it } from 'vitest'
import { computed, nextTick, ref } from 'vue'
import { countMoved, useFrozenOrder } from './useFrozenOrder'
import { rowWindow } from './useWindow'

describe('a list that holds still', () => {
  it('keeps its order while held and counts what would move', async () => {
    const live = ref<readonly string[]>(['a', 'b', 'c'])
    const held = ref(true)
    const order = useFrozenOrder(live, held)
    held.value = false
    await nextTick()
    held.value = true
    await nextTick()
    live.value = ['c', 'a', 'b', 'd']
    await nextTick()
    expect([order.shown.value, order.moved.value]).toEqual([['a', 'b', 'c'], 2])
    order.sort()
    expect([order.shown.value, order.moved.value]).toEqual([['c', 'a', 'b', 'd'], 0])
  })

  it('takes further pages at the end without a word', async () => {
    const live = ref<readonly string[]>(['a', 'b'])
    const held = ref(false)
    const order = useFrozenOrder(computed(() => live.value), held)
    held.value = true
    await nextTick()
    live.value = ['a', 'b', 'c']
    await nextTick()
    expect([order.shown.value, order.moved.value]).toEqual([['a', 'b', 'c'], 0])
  })

  it.each([
    [['a', 'b', 'c'], ['a', 'b', 'c'], 0],
    [['a', 'b', 'c'], ['c', 'a', 'b'], 1],
    [['a', 'b', 'c'], ['a', 'b'], 1],
    [['a', 'b'], ['x', 'a', 'b'], 1],
  ])('%o to %o moves %i', (shown, live, moved) => {
    expect(countMoved(shown, live)).toBe(moved)
  })
})

describe('rows on screen', () => {
  it('draws short lists whole and few rows of long ones', () => {
    expect(rowWindow(60, 64, 0, 800)).toEqual({ first: 0, last: 60, before: 0, after: 0 })
    const { first, last, before, after } = rowWindow(5_000, 64, 64_000, 800)
    expect([first, last - first]).toEqual([992, 29])
    expect(before + (last - first) * 64 + after).toBe(5_000 * 64)
  })
})
