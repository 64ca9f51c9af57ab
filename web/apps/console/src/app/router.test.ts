import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setMe } from './session'
import type { Me } from './wire'

const reload = vi.fn()
const somebody = { person: { id: 'emma', name: 'Emma' }, preferences: { locale: 'en' }, permissions: [] } as unknown as Me
const { router } = await import('./router')
const { writeText, writingOf } = await import('../features/conversations/composer/drafts')

describe('a page that is left for one without a session', () => {
  beforeEach(() => void vi.stubGlobal('location', { ...location, reload }))
  afterEach(() => {
    vi.unstubAllGlobals()
    document.body.hidden = false
    reload.mockClear()
    setMe(null)
  })

  it('is loaded anew and shows nothing until then: what its stores hold is of who was signed in', async () => {
    setMe(somebody)
    writeText('talk', 'for nobody else')
    await router.push('/login?ended')
    expect(writingOf('talk').text).toBe('for nobody else')
    expect(reload).toHaveBeenCalledTimes(1)
    expect(document.body.hidden).toBe(true)
    expect(router.currentRoute.value.fullPath).toBe('/login?ended')
  })

  it('stays as it is when it cannot be left', async () => {
    await router.push('/login')
    setMe(somebody)
    const stop = router.beforeEach(() => false)
    await router.push('/forgotten')
    stop()
    expect(reload).not.toHaveBeenCalled()
    expect(document.body.hidden).toBe(false)
  })

  it('has nothing to forget when nobody was signed in', async () => {
    await router.push('/forgotten')
    await router.push('/login')
    expect(reload).not.toHaveBeenCalled()
  })
})
