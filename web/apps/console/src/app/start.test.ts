import { mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter, onBeforeRouteLeave, RouterView, type Router } from 'vue-router'
import { defineComponent, h } from 'vue'
import { me, requireMe, setMe } from './session'
import type { Me } from './wire'

/** Whether what is written can be saved. */
const saved = vi.hoisted(() => ({ by: true }))
const ends = vi.hoisted(() => ({ session: () => undefined as void }))
const line = vi.hoisted(() => ({ start: vi.fn(), stop: vi.fn() }))
const asked = vi.hoisted(() => ({ DELETE: () => Promise.resolve({}) }))

vi.mock('./api', () => ({ api: asked, ok: async (answer: Promise<unknown>) => answer, onSignedOut: () => undefined }))
vi.mock('./live', () => ({ startLive: line.start, stopLive: line.stop, onLiveEnd: (listener: () => void) => (ends.session = listener) }))
vi.mock('./alerts', () => ({ startAlerts: () => undefined }))
vi.mock('./people', () => ({ loadPeople: () => Promise.resolve() }))
vi.mock('./inboxes', () => ({ loadInboxes: () => Promise.resolve() }))
vi.mock('./conversations', () => ({ startConversations: () => undefined }))
vi.mock('./router', () => {
  // Asks who is signed in each time it is drawn, as the account's page does.
  const account = defineComponent(() => () => h('h1', requireMe().person.name))
  const editor = defineComponent(() => (onBeforeRouteLeave(() => saved.by), () => h('h1', requireMe().person.name)))
  const routes = [
    { path: '/account', component: account },
    { path: '/article', component: editor },
    { path: '/login', component: { render: () => h('h1', 'login') }, meta: { bare: true } },
  ]
  return { router: createRouter({ history: createMemoryHistory(), routes }) }
})

const somebody = { person: { name: 'Emma' }, preferences: { theme: 'system', density: 'comfortable', locale: 'en' }, permissions: [] } as unknown as Me
const { signOut, startConsole } = await import('./start')
const { router } = (await import('./router')) as { router: Router }

describe('a session that ended elsewhere', () => {
  const wrong = vi.fn()
  let page: ReturnType<typeof mount>

  async function at(path: string): Promise<void> {
    setMe(somebody)
    await router.push(path)
    page = mount(RouterView, { global: { plugins: [router], config: { errorHandler: wrong } } })
    startConsole()
    line.start.mockClear()
  }

  beforeEach(() => {
    saved.by = true
    wrong.mockClear()
  })
  afterEach(() => page.unmount())

  it('leads to sign-in, says why and where to go back to, and the page never asks in vain who is there', async () => {
    await at('/account?tab=2')
    ends.session()
    ends.session()
    await vi.waitFor(() => expect(me.value).toBeNull())
    expect(router.currentRoute.value.path).toBe('/login')
    expect(router.currentRoute.value.query).toEqual({ next: '/account?tab=2', ended: '' })
    await vi.waitFor(() => expect(page.text()).toBe('login'))
    expect(wrong).not.toHaveBeenCalled()
  })

  it('takes nothing away that could not be saved, and begins afresh when the page lets go', async () => {
    const reload = vi.fn()
    vi.stubGlobal('location', { ...location, reload })
    await at('/article')
    saved.by = false
    ends.session()
    ends.session()
    await router.push('/account')
    expect(router.currentRoute.value.path).toBe('/article')
    expect(page.text()).toBe('Emma')
    expect(reload).not.toHaveBeenCalled()
    saved.by = true
    await router.push('/account')
    expect(router.currentRoute.value.path).toBe('/account')
    // Not with a line of its own: another person may have signed in, and this page is still the one before.
    expect(reload).toHaveBeenCalledTimes(1)
    expect(line.start).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
    expect(wrong).not.toHaveBeenCalled()
  })

  it('was ended here: sign-in is not told that it was elsewhere, though the line hears of it first', async () => {
    await at('/account')
    asked.DELETE = async () => (ends.session(), {})
    await signOut()
    expect(router.currentRoute.value.fullPath).toBe('/login')
    expect(me.value).toBeNull()
    expect(wrong).not.toHaveBeenCalled()
  })

  it('goes on when the server could not be told of its end', async () => {
    await at('/account')
    asked.DELETE = () => Promise.reject(new Error('offline'))
    await expect(signOut()).rejects.toThrow('offline')
    expect(page.text()).toBe('Emma')
    ends.session()
    await vi.waitFor(() => expect(page.text()).toBe('login'))
  })
})
