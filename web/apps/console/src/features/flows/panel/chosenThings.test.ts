// @vitest-environment happy-dom
import { flushPromises, mount, RouterLinkStub } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createI18n } from 'vue-i18n'
import flows from '@/locales/en/flows.json'
import IntentPicker from './IntentPicker.vue'
import PicturePicker from './PicturePicker.vue'

const server = vi.hoisted(() => ({ asked: [] as string[], items: [] as unknown[] }))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: { GET: async (path: string) => (server.asked.push(path), { items: server.items }) },
}))
vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string> | undefined) => text?.['en'] ?? '', translate: (key: string) => key }))
vi.mock('@/app/pages/LoadNote.vue', () => ({ default: defineComponent({ setup: () => () => h('p', 'failed') }) }))
vi.mock('@qiao/ui', () => ({
  QCheckbox: defineComponent({ props: { modelValue: Boolean, label: String }, emits: ['update:modelValue'], setup: (props, { emit }) => () => h('button', { 'aria-pressed': props.modelValue, onClick: () => emit('update:modelValue', !props.modelValue) }, props.label) }),
  QDialog: defineComponent({ props: { open: Boolean, title: String }, setup: (props, { slots }) => () => (props.open ? h('div', slots['default']?.()) : null) }),
  QField: defineComponent({ setup: (_props, { slots }) => () => h('div', slots['default']?.()) }),
  QIcon: defineComponent({ setup: () => () => h('i') }),
  QSelect: defineComponent({ props: ['options', 'modelValue'], setup: () => () => h('select') }),
  QSkeleton: defineComponent({ setup: () => () => h('div') }),
}))
const plugins = () => [createI18n({ legacy: false, locale: 'en', messages: { en: { flows } } as never })]
beforeEach(() => Object.assign(server, { asked: [], items: [] }))

describe('intents that begin a flow', () => {
  async function picker(intents: string[]) {
    const trigger = { phrases: {}, not_phrases: {}, intents, intent_probability: 0.6, offered: false }
    const wrapper = mount(IntentPicker, { props: { trigger: trigger as never, disabled: false }, global: { plugins: plugins(), stubs: { RouterLink: RouterLinkStub } } })
    await flushPromises()
    return wrapper
  }

  it('shows one that was deleted, so that it can be taken away', async () => {
    server.items = [{ id: 'a', key: 'repair', name: { en: 'Repair' } }]
    const wrapper = await picker(['a', 'gone'])
    expect(wrapper.findAll('button').map((one) => [one.text(), one.attributes('aria-pressed')])).toEqual([['Repair', 'true'], [flows.start.intent_gone, 'true']])
    await wrapper.findAll('button')[1]!.trigger('click')
    expect(wrapper.emitted('change')).toEqual([[{ intents: ['a'] }]])
  })

  it('shows it where no intent is left at all', async () => {
    expect((await picker(['gone'])).text()).toContain(flows.start.intent_gone)
    const none = await picker([])
    expect(none.text()).toContain(flows.start.no_intents)
    expect(none.getComponent(RouterLinkStub).props('to')).toBe('/bot/intents')
  })
})

describe('a picture that is there', () => {
  const FILE = { id: 'f', name: 'spout.png', content_type: 'image/png', size: 9, url: '/files/a/f/s.png', thumbnail_url: '/files/a/f/s/thumbnail', width: 9, height: 9 }
  const film = { ...FILE, id: 'v', name: 'lid.mp4', content_type: 'video/mp4', thumbnail_url: null }

  it('is asked for when it is looked for, and given when it is chosen', async () => {
    server.items = [FILE, film]
    const wrapper = mount(PicturePicker, { props: { open: false }, global: { plugins: plugins() } })
    await flushPromises()
    expect(server.asked).toEqual([])
    await wrapper.setProps({ open: true })
    await flushPromises()
    expect(wrapper.findAll('img').map((one) => one.attributes('src'))).toEqual([FILE.thumbnail_url])
    expect(wrapper.findAll('button').map((one) => one.text())).toEqual(['spout.png', 'lid.mp4'])
    await wrapper.findAll('button')[1]!.trigger('click')
    expect([wrapper.emitted('choose'), wrapper.emitted('update:open')]).toEqual([[[film]], [[false]]])
  })

  it('says when there is none', async () => {
    const wrapper = mount(PicturePicker, { props: { open: true }, global: { plugins: plugins() } })
    await flushPromises()
    expect(wrapper.text()).toBe(flows.media.none)
  })
})
