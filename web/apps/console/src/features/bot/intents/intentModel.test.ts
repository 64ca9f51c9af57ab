// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createI18n } from 'vue-i18n'
import bot from '@/locales/en/bot.json'
import IntentModelCard from './IntentModelCard.vue'

const server = vi.hoisted(() => ({ status: {} as unknown, asked: 0, posted: [] as string[], trial: {} as unknown }))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: {
    GET: async () => (server.asked++, server.status),
    POST: async (path: string) => (server.posted.push(path), server.trial),
  },
}))
vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string> | undefined) => text?.['en'] ?? '', translate: (key: string) => key }))
vi.mock('@/app/session', () => ({ can: () => true }))
vi.mock('@/app/toasts', () => ({ toast: vi.fn(), toastProblem: vi.fn(), sayProblem: String }))
vi.mock('@/app/pages/LoadNote.vue', () => ({ default: defineComponent({ setup: () => () => h('p') }) }))
vi.mock('@qiao/ui', () => ({
  QButton: defineComponent({ setup: (_props, { slots }) => () => h('button', slots['default']?.()) }),
  QField: defineComponent({ setup: (_props, { slots }) => () => h('div', slots['default']?.()) }),
  QInput: defineComponent({ props: ['modelValue'], emits: ['update:modelValue'], setup: (props, { emit }) => () => h('input', { value: props.modelValue, onInput: (event: Event) => emit('update:modelValue', (event.target as HTMLInputElement).value) }) }),
  QSkeleton: defineComponent({ setup: () => () => h('div') }),
}))

const training = (part: Record<string, unknown> = {}) => ({
  version: 2, outcome: 'in_use', intents: 3, examples: 24, with_meaning: true, seconds: 1, created_at: new Date().toISOString(),
  comparison: { held_back: 4, compared: 4, hits: 3, earlier: 4, accuracy: 0.75 }, ...part,
})
const REPAIR = { id: 'a', key: 'repair', name: { en: 'Repair' }, examples: [], enabled: true, updated_at: '' }
async function card() {
  const wrapper = mount(IntentModelCard, { props: { intents: [REPAIR], changed: 0 }, global: { plugins: [createI18n({ legacy: false, locale: 'en', messages: { en: { bot } } as never })] } })
  await flushPromises()
  return wrapper
}

describe('what was learned of the intents', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    Object.assign(server, { status: { in_use: training(), last: training(), waiting: false, trainable: true }, asked: 0, posted: [] })
  })
  afterEach(() => vi.useRealTimers())

  it('tells which model answers and how it did on what it had not seen', async () => {
    const text = (await card()).text()
    expect(text).toContain('Version 2 is in use: 3 intents, 24 examples.')
    expect(text).toContain('Of 4 examples kept back for checking, 75% were told right.')
  })

  it('looks again by itself while changes are being learned, and no longer', async () => {
    server.status = { in_use: null, last: null, waiting: true, trainable: true }
    const wrapper = await card()
    expect(wrapper.text()).toContain(bot.intents.waiting)
    server.status = { in_use: training(), last: training(), waiting: false, trainable: true }
    await vi.advanceTimersByTimeAsync(3_100)
    await flushPromises()
    expect([server.asked, wrapper.text().includes(bot.intents.waiting)]).toEqual([2, false])
    await vi.advanceTimersByTimeAsync(20_000)
    expect(server.asked).toBe(2)
  })

  it('says why what was learned last is not in use, and lets it be used', async () => {
    server.status = { in_use: training({ version: 1 }), last: training({ outcome: 'refused' }), waiting: false, trainable: true }
    const wrapper = await card()
    expect(wrapper.text()).toContain('3 of 4 right, 4 before')
    await wrapper.findAll('button').find((one) => one.text() === bot.intents.accept)!.trigger('click')
    await flushPromises()
    expect(server.posted).toEqual(['/bot/intents/model/accept'])
  })

  it('tries a message', async () => {
    server.status = { in_use: null, last: null, waiting: false, trainable: false }
    server.trial = { guesses: [{ intent_id: 'a', probability: 0.91, in_scope: 0.8 }], by: 'words', took_ms: 1 }
    const wrapper = await card()
    expect(wrapper.text()).toContain(bot.intents.untrainable)
    await wrapper.get('input').setValue('mend my pot')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(wrapper.get('ol').text()).toBe('Repair91%')
    expect(wrapper.text()).toContain('How surely it is one of these: 80%')
  })
})
