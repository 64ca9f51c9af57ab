// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { computed, defineComponent, h, nextTick } from 'vue'
import { createI18n } from 'vue-i18n'
import en from '@/locales/en/assist.json'
import WordingMenu from './WordingMenu.vue'

interface Item {
  key: string
}
const made = vi.hoisted(() => ({ outcome: 'done', text: 'Dear customer, it ships tomorrow.' }))
const toasts = vi.hoisted(() => ({ last: null as null | { words: string; action?: { run: () => void } } }))
vi.mock('./wording', () => ({
  loadModelStatus: async () => undefined,
  modelReady: computed(() => true),
  outcomeKey: (outcome: string) => `assist.wording_${outcome}`,
  reword: async () => ({ ...made }),
  translated: async () => ({ ...made }),
}))
vi.mock('@/app/toasts', () => ({ toast: (words: string, options: { action?: { run: () => void } }) => (toasts.last = { words, ...options }), toastProblem: vi.fn() }))
vi.mock('@qiao/ui', () => ({
  QButton: defineComponent({ setup: (_props, { slots }) => () => h('button', slots['default']?.()) }),
  QMenu: defineComponent({ name: 'QMenu', props: { items: { type: Array, required: true } }, emits: ['select'], setup: (_props, { slots }) => () => h('div', slots['default']?.()) }),
}))

function menu(text: string, conversationId = 'a') {
  const messages: Record<string, unknown> = { en: { assist: en } }
  const wrapper = mount(WordingMenu, {
    props: { text, conversationId, 'onUpdate:text': (next: string) => void wrapper.setProps({ text: next }) },
    global: { plugins: [createI18n({ legacy: false, locale: 'en', messages: messages as never })] },
  })
  const list = wrapper.getComponent({ name: 'QMenu' })
  const keys = (): string[] => (list.props('items') as Item[]).map((item) => item.key)
  async function choose(key: string): Promise<void> {
    list.vm.$emit('select', key)
    await flushPromises()
    await nextTick()
  }
  return { wrapper, keys, choose, text: () => wrapper.props('text') }
}

describe('rewording a draft', () => {
  beforeEach(() => Object.assign(made, { outcome: 'done', text: 'Dear customer, it ships tomorrow.' }))

  it('can be taken back from its notice', async () => {
    const { choose, text } = menu('ships tomorrow')
    await choose('warm')
    expect(text()).toBe('Dear customer, it ships tomorrow.')
    toasts.last?.action?.run()
    await nextTick()
    expect(text()).toBe('ships tomorrow')
  })

  it('can be taken back from the menu too, for as long as nobody has typed on', async () => {
    const { choose, keys, text, wrapper } = menu('ships tomorrow')
    expect(keys()).not.toContain('undo')
    await choose('formal')
    expect(keys()[0]).toBe('undo')
    await wrapper.setProps({ text: `${text()} Bye` })
    expect(keys()).not.toContain('undo')
    toasts.last?.action?.run()
    await nextTick()
    expect(text()).toBe('Dear customer, it ships tomorrow. Bye')
  })

  it('is offered back only where it was done', async () => {
    const { choose, keys, wrapper } = menu('ships tomorrow')
    await choose('en')
    await wrapper.setProps({ conversationId: 'b' })
    expect(keys()).not.toContain('undo')
  })

  it('leaves the draft alone when the new text was turned away', async () => {
    Object.assign(made, { outcome: 'rejected', text: 'We refund everything.' })
    const { choose, keys, text } = menu('ships tomorrow')
    await choose('warm')
    expect([text(), keys().includes('undo')]).toEqual(['ships tomorrow', false])
    expect(toasts.last?.words).toBe(en.wording_rejected)
  })
})
