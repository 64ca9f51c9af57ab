// @vitest-environment happy-dom
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { createI18n } from 'vue-i18n'
import channels from '@/locales/en/channels.json'
import pages from '@/locales/en/pages.json'
import ConfirmDialog from '@/app/pages/ConfirmDialog.vue'
import ConnectionState from '@/features/inboxes/ConnectionState.vue'
import JoinDialog from '../context/JoinDialog.vue'
import TemplatePicker from './TemplatePicker.vue'

const LIN = { id: 'lin', name: '林语桐', email: null, phone: null, created_at: '2026-11-22T00:00:00Z' }
const TWIN = { ...LIN, id: 'twin', email: 'lin@customer.example' }
const TEMPLATES = [
  { name: 'on_its_way', language: 'zh_CN', body: '{{1}}您好，{{2}} 已发货。' },
  { name: 'hello', language: 'en', body: 'Hello!' },
]
const server = vi.hoisted(() => ({ found: [] as unknown[], templates: [] as unknown[], queries: [] as string[], posted: [] as unknown[] }))
vi.mock('@/app/api', () => ({
  api: {
    GET: async (path: string, options: { params: { query?: { query: string } } }) => {
      if (path !== '/contacts') return { items: server.templates }
      server.queries.push(options.params.query?.query ?? '')
      return { items: server.found }
    },
    POST: async (path: string, options: unknown) => void server.posted.push([path, options]),
  },
  ok: (asked: Promise<unknown>) => asked,
}))
vi.mock('@/app/pages/actions', async () => {
  const { ref } = await import('vue')
  return { useAction: () => ({ busy: ref(false), run: async (work: () => Promise<unknown>) => (await work(), true) }) }
})
vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string> | null) => text?.['en'] ?? '', currentLocale: () => 'en' }))
vi.mock('@/app/reasons', () => ({ useReasons: () => (said: string | null) => ({ words: said ?? '', detail: '' }) }))

const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: { channels, pages } as never }, missingWarn: false, fallbackWarn: false })
let open: VueWrapper | null = null

function shown<T>(component: T, props: Record<string, unknown>): VueWrapper {
  open = mount(component as never, { props: props as never, attachTo: document.body, global: { plugins: [i18n] } }) as VueWrapper
  return open
}
const dialog = (): HTMLElement => document.querySelector<HTMLElement>('[role=dialog], dialog')!
const buttons = (): HTMLButtonElement[] => [...dialog().querySelectorAll('button')]
const button = (words: string): HTMLButtonElement => buttons().find((one) => one.textContent?.trim().includes(words))!
async function press(words: string): Promise<void> {
  button(words).click()
  await flushPromises()
}
async function write(field: HTMLInputElement, words: string): Promise<void> {
  field.value = words
  field.dispatchEvent(new Event('input', { bubbles: true }))
  await flushPromises()
}
async function escape(): Promise<void> {
  ;(document.activeElement ?? dialog()).dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }))
  await flushPromises()
  await nextTick()
}

beforeEach(() => Object.assign(server, { found: [TWIN, LIN], templates: TEMPLATES, queries: [], posted: [] }))
afterEach(() => {
  open?.unmount()
  document.body.innerHTML = ''
})

describe('joining two people', () => {
  const join = async (contact = LIN): Promise<VueWrapper> => {
    const wrapper = shown(JoinDialog, { open: true, contact })
    await flushPromises()
    return wrapper
  }

  it('proposes whoever bears the same name, and never the person themselves', async () => {
    await join()
    expect(server.queries).toEqual(['林语桐'])
    expect(dialog().querySelectorAll('li')).toHaveLength(1)
    expect(dialog().querySelector('li')?.textContent).toContain('lin@customer.example')
  })

  it('joins nobody before somebody is chosen; typing on takes the choice back', async () => {
    await join()
    expect(button('Join').disabled).toBe(true)
    await press('lin@customer.example')
    expect(button('Join').disabled).toBe(false)
    await write(dialog().querySelector('input')!, '别人')
    expect(button('Join').disabled).toBe(true)
    expect(server.posted).toEqual([])
  })

  it('says on whose word it is done, then closes', async () => {
    const wrapper = await join()
    await press('lin@customer.example')
    await press('Join')
    expect(server.posted).toEqual([['/contacts/{contact_id}/join', { params: { path: { contact_id: 'lin' } }, body: { other_id: 'twin', proof: 'agent' } }]])
    expect([wrapper.emitted('joined')?.length, wrapper.emitted('update:open')]).toEqual([1, [[false]]])
  })

  it('says when nobody else is found', async () => {
    server.found = [LIN]
    await join()
    expect(dialog().textContent).toContain(channels.identities.nobody)
  })
})

describe('picking a template', () => {
  const pick = async (language = 'en'): Promise<VueWrapper> => {
    const wrapper = shown(TemplatePicker, { open: true, conversation: { id: 'a', inbox_id: 'i', language } })
    await flushPromises()
    return wrapper
  }

  it("shows those in the customer's language first", async () => {
    await pick()
    expect([...dialog().querySelectorAll('li')].map((one) => one.textContent)).toEqual([expect.stringContaining('hello'), expect.stringContaining('on_its_way')])
  })

  it('goes when every place is filled, as what the customer will see', async () => {
    const wrapper = await pick('zh')
    await press('on_its_way')
    const send = button(channels.template.send)
    expect(send.disabled).toBe(true)
    const [name, order] = [...dialog().querySelectorAll('input')]
    await write(name!, '林女士')
    expect([send.disabled, dialog().textContent]).toEqual([true, expect.stringContaining('林女士您好，{{2}} 已发货。')])
    await write(order!, ' 茶壶 ')
    dialog().querySelector('form')!.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
    await flushPromises()
    expect(wrapper.emitted('send')).toEqual([['林女士您好，茶壶 已发货。', { type: 'template', name: 'on_its_way', language: 'zh_CN', values: ['林女士', '茶壶'] }]])
  })

  it('may be chosen anew', async () => {
    await pick()
    await press('hello')
    await press(channels.template.back)
    expect(dialog().querySelectorAll('li')).toHaveLength(2)
  })

  it('says so when there is none', async () => {
    server.templates = []
    await pick()
    expect(dialog().textContent).toContain(channels.template.none)
  })
})

describe('asking before something is done at the provider', () => {
  it('is left with Escape, and nothing is done', async () => {
    const wrapper = shown(ConfirmDialog, { open: true, title: 'Delete?', body: 'For good.', action: 'Delete' })
    await flushPromises()
    expect(dialog().contains(document.activeElement)).toBe(true)
    await escape()
    expect([wrapper.emitted('confirm'), wrapper.emitted('update:open')?.[0]]).toEqual([undefined, [false]])
  })

  it('cuts an inbox off only when it is confirmed, and gives the focus back', async () => {
    const state = { state: 'ok', connected_title: '兰亭茶器', reason: null, last_error: null, last_error_at: null, todo: null }
    const wrapper = shown(ConnectionState, { state, error: null, missing: [], unsaved: false, busy: false })
    const leave = wrapper.findAll('button').find((one) => one.text() === channels.connection.disconnect)!
    leave.element.focus()
    await leave.trigger('click')
    await flushPromises()
    await press(pages.cancel)
    await vi.waitFor(() => expect(document.activeElement).toBe(leave.element))
    expect(wrapper.emitted('disconnect')).toBeUndefined()
    await leave.trigger('click')
    await flushPromises()
    await press(channels.connection.disconnect)
    expect(wrapper.emitted('disconnect')).toHaveLength(1)
  })
})
