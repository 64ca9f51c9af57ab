import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Router } from 'vue-router'
import { serverVersion } from './api'
import { outdated } from './live'
import { HIDDEN_MS, IDLE_MS, midway, newer, quiet, updateWaiting, watchForUpdates, YOUNG_MS } from './update'

const router = { onError: vi.fn(), resolve: (to: unknown) => ({ href: `/app${String(to)}` }) }
const reload = vi.fn()
const assign = vi.fn()

describe('versions', () => {
  it.each([
    ['1.10.0', '1.9.0', true],
    ['2.0', '1.9.9', true],
    ['1.9.0', '1.10.0', false],
    ['1.9.0', '1.9.0', false],
    ['1.9', '1.9.0', false],
    ['', '1.9.0', false],
  ])('%s above %s: %s', (one, other, expected) => expect(newer(one, other)).toBe(expected))
})

describe('a page of an older version', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('location', { ...location, reload, assign })
    watchForUpdates(router as unknown as Router)
    serverVersion.value = '1.0.0'
    vi.advanceTimersByTime(5_000)
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    document.body.innerHTML = ''
    sessionStorage.clear()
    outdated.value = null
    reload.mockClear()
  })

  it('knows a newer server, waits for a pause, keeps what is being written, and loads once', () => {
    expect(updateWaiting.value).toBe(false)
    serverVersion.value = '0.9.0'
    expect(updateWaiting.value).toBe(false)
    serverVersion.value = '1.1.0'
    expect(updateWaiting.value).toBe(true)
    document.body.innerHTML = '<textarea></textarea>'
    const field = document.querySelector('textarea')!
    field.value = '您好'
    field.dispatchEvent(new Event('input', { bubbles: true }))
    expect(midway()).toBe(true)
    vi.advanceTimersByTime(10 * IDLE_MS)
    expect(reload).not.toHaveBeenCalled()
    field.value = ''
    expect(midway()).toBe(false)
    document.dispatchEvent(new Event('pointermove'))
    expect(quiet(Date.now() + HIDDEN_MS + 1, 0)).toBe(false)
    vi.advanceTimersByTime(3 * IDLE_MS)
    expect(reload).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(10 * IDLE_MS)
    expect(reload).toHaveBeenCalledTimes(1)
  })

  it('opens from the server what it has no files for any more, when that answers', async () => {
    const failed = router.onError.mock.calls.at(-1)![0] as (error: Error, to: string) => void
    failed(new Error('of something else'), '/people')
    const answer = vi.fn().mockRejectedValueOnce(new TypeError('offline')).mockResolvedValue({ ok: true })
    vi.stubGlobal('fetch', answer)
    dispatchEvent(new Event('vite:preloadError'))
    expect(updateWaiting.value).toBe(true)
    failed(new Error('chunk'), '/people')
    await vi.waitFor(() => expect(answer).toHaveBeenCalledTimes(1))
    expect(assign).not.toHaveBeenCalled()
    failed(new Error('chunk'), '/people')
    await vi.waitFor(() => expect(assign).toHaveBeenCalledWith('/app/people'))
  })

  it('is loaded at once when it is not understood any more, unless it is young or something is being written', async () => {
    document.body.innerHTML = '<textarea></textarea>'
    const field = document.querySelector('textarea')!
    vi.spyOn(performance, 'now').mockReturnValue(YOUNG_MS - 1)
    outdated.value = true
    await nextTick()
    expect(updateWaiting.value).toBe(true)
    expect(reload).not.toHaveBeenCalled()
    field.value = '您好'
    field.dispatchEvent(new Event('input', { bubbles: true }))
    vi.spyOn(performance, 'now').mockReturnValue(YOUNG_MS + 1)
    vi.advanceTimersByTime(5_000)
    expect(reload).not.toHaveBeenCalled()
    field.value = ''
    vi.advanceTimersByTime(5_000)
    expect(reload).toHaveBeenCalledTimes(1)
  })

  it('that comes back the same waits twice as long each time and is left to the person after six, until one is understood', async () => {
    sessionStorage.setItem('qiao.reloaded_for', serverVersion.value)
    outdated.value = true
    const now = vi.spyOn(performance, 'now')
    for (const minutes of [1, 2, 4, 8, 16, 32]) {
      reload.mockClear()
      now.mockReturnValue(0.9 * minutes * YOUNG_MS)
      vi.advanceTimersByTime(5_000)
      expect(reload).not.toHaveBeenCalled()
      now.mockReturnValue(1.1 * minutes * YOUNG_MS)
      vi.advanceTimersByTime(5_000)
      expect(reload).toHaveBeenCalledTimes(1)
    }
    now.mockReturnValue(1_000 * YOUNG_MS)
    vi.advanceTimersByTime(60_000)
    expect(reload).toHaveBeenCalledTimes(1)
    expect(updateWaiting.value).toBe(true)
    outdated.value = false
    await nextTick()
    outdated.value = true
    vi.advanceTimersByTime(5_000)
    expect(reload).toHaveBeenCalledTimes(2)
  })
})
