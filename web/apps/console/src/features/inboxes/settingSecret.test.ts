// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createI18n } from 'vue-i18n'
import channels from '@/locales/en/channels.json'
import SettingSecret from './SettingSecret.vue'

vi.mock('@/app/i18n', () => ({ localised: (text: Record<string, string> | null | undefined) => text?.['en'] ?? '' }))
vi.mock('@qiao/ui', () => ({
  QBadge: defineComponent({ setup: (_props, { slots }) => () => h('em', slots['default']?.()) }),
  QButton: defineComponent({ setup: (_props, { slots }) => () => h('button', slots['default']?.()) }),
  QField: defineComponent({ props: { label: String, hint: String }, setup: (props, { slots }) => () => h('div', [h('label', props.label), h('small', props.hint), slots['default']?.()]) }),
  QTextarea: defineComponent({ props: { modelValue: String }, emits: ['update:modelValue'], setup: (props, { emit }) => () => h('textarea', { value: props.modelValue, onInput: (event: Event) => emit('update:modelValue', (event.target as HTMLTextAreaElement).value) }) }),
}))

function secret({ set, required = false }: { set: boolean; required?: boolean }) {
  const field = { key: 'token', type: 'secret', label: { en: 'Access token' }, hint: null, default: null, choices: [], required }
  const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: { channels } as never } })
  const wrapper = mount(SettingSecret, {
    props: { field: field as never, set, modelValue: undefined, 'onUpdate:modelValue': (next) => wrapper.setProps({ modelValue: next }) },
    global: { plugins: [i18n] },
  })
  const press = (words: string): Promise<void> => wrapper.findAll('button').find((one) => one.text() === words)!.trigger('click')
  return { wrapper, press, buttons: () => wrapper.findAll('button').map((one) => one.text()), told: () => wrapper.props('modelValue') as unknown }
}

describe('a secret', () => {
  it('that is set is never shown, only that it is there', () => {
    const { wrapper, buttons } = secret({ set: true })
    expect(wrapper.find('textarea').exists()).toBe(false)
    expect([wrapper.text().includes('Set'), buttons()]).toEqual([true, ['Replace', 'Remove']])
  })

  it('that is needed can be replaced and not removed', () => {
    expect(secret({ set: true, required: true }).buttons()).toEqual(['Replace'])
    expect(secret({ set: false, required: true }).wrapper.find('label').text()).toBe('Access token *')
  })

  it('is left alone unless something is typed', async () => {
    const { wrapper, press, told } = secret({ set: true })
    await press('Replace')
    await wrapper.find('textarea').setValue('   ')
    expect(told()).toBeUndefined()
    await wrapper.find('textarea').setValue('-----BEGIN KEY-----\nabc\n')
    expect(told()).toBe('-----BEGIN KEY-----\nabc\n')
    await press('Keep the present one')
    expect([told(), wrapper.find('textarea').exists()]).toEqual([undefined, false])
  })

  it('is taken away when it is saved, and until then may be kept', async () => {
    const { press, told, wrapper } = secret({ set: true })
    await press('Remove')
    expect([told(), wrapper.text()]).toEqual([null, expect.stringContaining('Removed when you save')])
    await press('Keep the present one')
    expect(told()).toBeUndefined()
  })

  it('shows as set again once what was typed is saved', async () => {
    const { wrapper } = secret({ set: false })
    await wrapper.find('textarea').setValue('new')
    await wrapper.setProps({ set: true, modelValue: undefined })
    expect(wrapper.find('textarea').exists()).toBe(false)
  })
})
