// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { createI18n } from 'vue-i18n'
import bot from '@/locales/en/bot.json'
import TrialParts from './TrialParts.vue'

vi.mock('./TrialResult.vue', () => ({
  default: defineComponent({ props: ['asked', 'result', 'audience', 'label'], setup: (props) => () => h('section', { 'aria-label': props.label }, `${props.asked}: ${props.result.text} (${props.audience})`) }),
}))

const part = (question: string, text: string) => ({ question, text, zone: 'answer', parts: [] })

describe('several questions in one message', () => {
  it('are shown one by one, each with what is said to it', () => {
    const parts = [part('How much is shipping?', 'From 12 yuan.'), part('Can I get an invoice?', 'Yes.')]
    const wrapper = mount(TrialParts, {
      props: { result: { ...part('both', 'all'), parts } as never, audience: 'agents' },
      global: { plugins: [createI18n({ legacy: false, locale: 'en', messages: { en: { bot } } as never })] },
    })
    expect(wrapper.get('p').text()).toContain('2 questions')
    expect(wrapper.findAll('h2').map((one) => one.text())).toEqual(['1How much is shipping?', '2Can I get an invoice?'])
    expect(wrapper.findAll('section').map((one) => one.text())).toEqual(['How much is shipping?: From 12 yuan. (agents)', 'Can I get an invoice?: Yes. (agents)'])
    const names = wrapper.findAll('section').map((one) => one.attributes('aria-label'))
    expect(new Set(names).size).toBe(2)
  })
})
