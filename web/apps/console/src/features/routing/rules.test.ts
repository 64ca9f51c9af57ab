// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { createI18n } from 'vue-i18n'
import assist from '@/locales/en/assist.json'
import RulesPage from './RulesPage.vue'

const server = vi.hoisted(() => ({ rules: [] as unknown[], put: [] as unknown[] }))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: {
    GET: async (path: string) => (path === '/routing/rules' ? { items: server.rules } : { items: [{ id: '1', key: 'repair', name: { en: 'Repair' } }] }),
    PUT: async (_path: string, { body }: { body: { rules: unknown[] } }) => server.put.push(...body.rules),
  },
}))
vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string>) => text['en'] ?? '' }))
vi.mock('@/app/inboxes', () => ({ useInboxes: () => ({ inboxes: ref([]) }) }))
vi.mock('@/app/people', () => ({ usePeople: () => ({ teams: ref([{ id: 't', name: { en: 'Repairs' } }]) }) }))
vi.mock('@/app/session', () => ({ can: () => true }))
vi.mock('@/app/toasts', () => ({ sayProblem: String, toast: vi.fn(), toastProblem: vi.fn() }))
vi.mock('@/features/conversations/assist/strip', () => ({ wordsOf: (text: string) => text.split(',').filter(Boolean) }))
vi.mock('@/app/pages/LoadNote.vue', () => ({ default: defineComponent({ setup: () => () => h('p') }) }))
vi.mock('@/app/pages/PageHead.vue', () => ({ default: defineComponent({ setup: () => () => h('h1') }) }))
vi.mock('@/app/pages/SectionFrame.vue', () => ({ default: defineComponent({ setup: (_props, { slots }) => () => h('main', slots['default']?.()) }) }))
vi.mock('@qiao/ui', () => {
  const box = (tag: string) => defineComponent({ setup: (_props, { slots }) => () => h(tag, slots['default']?.()) })
  return {
    QButton: box('button'), QEmpty: box('div'), QField: box('div'), QSkeleton: box('div'), QTextarea: box('textarea'),
    QSelect: defineComponent({ name: 'QSelect', props: ['modelValue', 'options'], emits: ['update:modelValue'], setup: () => () => h('select') }),
  }
})

interface Choice { value: string; label: string }
async function page(...rules: Record<string, unknown>[]) {
  server.rules = rules.map((rule, at) => ({ id: String(at), words: [], intent: null, inbox_id: null, team_id: 't', priority: null, ...rule }))
  server.put = []
  const wrapper = mount(RulesPage, { global: { plugins: [createI18n({ legacy: false, locale: 'en', messages: { en: { assist, conversations: { comma: ', ' }, bot: { title: 'Bot' } } } as never })] } })
  await flushPromises()
  return { wrapper, intent: wrapper.findAllComponents({ name: 'QSelect' })[0]! }
}

describe('rules for teams', () => {
  it('may go by what a customer wants, and keep it when something else is changed', async () => {
    const { wrapper, intent } = await page({ intent: 'repair' })
    expect(intent.props('modelValue')).toBe('repair')
    expect((intent.props('options') as Choice[]).map((one) => one.label)).toEqual([assist.rules_any_intent, 'Repair'])
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(server.put).toEqual([{ words: [], intent: 'repair', inbox_id: null, team_id: 't', priority: null }])
  })

  it('show an intent that is there no more, and are not whole without any condition', async () => {
    const { wrapper, intent } = await page({ intent: 'gone' })
    expect((intent.props('options') as Choice[]).map((one) => one.value)).toEqual(['any', 'repair', 'gone'])
    intent.vm.$emit('update:modelValue', 'any')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(server.put).toEqual([])
    expect(wrapper.get('[role=alert]').text()).toContain('1')
  })
})
