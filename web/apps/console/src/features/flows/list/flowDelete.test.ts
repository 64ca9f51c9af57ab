// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createI18n } from 'vue-i18n'
import { Problem } from '@/app/problem'
import flows from '@/locales/en/flows.json'
import pages from '@/locales/en/pages.json'
import FlowDelete from './FlowDelete.vue'

const server = vi.hoisted(() => ({ asked: [] as string[], refuse: 0 }))
vi.mock('@/app/api', () => ({
  ok: (answer: Promise<unknown>) => answer,
  api: {
    DELETE: async (_path: string, { params }: { params: { path: { flow_id: string } } }) => {
      server.asked.push(params.path.flow_id)
      if (server.refuse) throw new Problem({ status: 409, code: 'bot.flow_in_use', details: { talks: server.refuse } })
    },
  },
}))
vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string> | undefined) => text?.['en'] ?? '' }))
vi.mock('@/app/toasts', () => ({ toast: vi.fn(), toastProblem: vi.fn() }))
vi.mock('@qiao/ui', () => ({
  QButton: defineComponent({ setup: (_props, { slots }) => () => h('button', slots['default']?.()) }),
  QDialog: defineComponent({ props: { title: String }, setup: (props, { slots }) => () => h('div', [h('h2', props.title), slots['default']?.(), slots['footer']?.()]) }),
}))

const FLOW = { id: 'f1', name: { en: 'Returns' }, enabled: true, published: 2, changed: false, description: {}, button: {}, updated_at: '', shipped: null, figures: null }
function dialog(changes: Record<string, unknown> = {}) {
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: { flows, pages } as never } })
  const wrapper = mount(FlowDelete, { props: { flow: { ...FLOW, ...changes } as never }, global: { plugins: [i18n] } })
  const press = async (words: string): Promise<void> => {
    await wrapper.findAll('button').find((one) => one.text() === words)!.trigger('click')
    await flushPromises()
  }
  return { wrapper, press, buttons: () => wrapper.findAll('button').map((one) => one.text()) }
}

describe('deleting a flow', () => {
  beforeEach(() => Object.assign(server, { asked: [], refuse: 0 }))

  it('names the flow, asks once and tells which is gone', async () => {
    const { wrapper, press } = dialog()
    expect(wrapper.get('h2').text()).toBe('Delete “Returns”?')
    expect(server.asked).toEqual([])
    await press('Delete')
    expect([server.asked, wrapper.emitted('deleted')]).toEqual([['f1'], [['f1']]])
  })

  it('says how many are in it and what to do instead, and asks no second time', async () => {
    server.refuse = 3
    const { wrapper, press, buttons } = dialog()
    await press('Delete')
    expect(wrapper.get('[role=alert]').text()).toContain('3 customers are in this flow')
    expect(buttons()).toEqual(['Keep it for now', 'Switch off'])
    await press('Switch off')
    expect([wrapper.emitted('disable')?.length, wrapper.emitted('deleted'), server.asked.length]).toEqual([1, undefined, 1])
  })

  it('has nothing to switch off when it is off already', async () => {
    server.refuse = 1
    const { wrapper, press, buttons } = dialog({ enabled: false })
    await press('Delete')
    expect(wrapper.get('[role=alert]').text()).toContain('1 customer has not finished')
    expect(buttons()).toEqual(['Keep it for now'])
  })
})
