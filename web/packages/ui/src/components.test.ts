import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { h, nextTick } from 'vue'
import { QButton, QCheckbox, QField, QIcon, QInput, QSelect, QTable } from './index'

describe('QField', () => {
  it('ties label, hint and error to the control inside', () => {
    const field = mount(QField, { props: { label: 'Name', hint: 'As customers see it', error: 'Too long' }, slots: { default: () => h(QInput) } })
    const input = field.get('input')
    expect(field.get('label').attributes('for')).toBe(input.attributes('id'))
    expect(input.attributes('aria-invalid')).toBe('true')
    const described = (input.attributes('aria-describedby') ?? '').split(' ').map((id) => field.get(`[id="${id}"]`).text())
    expect(described).toEqual(['As customers see it', 'Too long'])
  })
})

describe('QButton', () => {
  it('cannot be pressed while busy and says so', () => {
    const button = mount(QButton, { props: { busy: true }, slots: { default: () => 'Save' } })
    expect(button.attributes()).toMatchObject({ disabled: '', 'aria-busy': 'true', type: 'button' })
  })

  it('is a link when it has an address', () => {
    expect(mount(QButton, { props: { href: '/help' } }).element.tagName).toBe('A')
  })
})

describe('QSelect', () => {
  const told = (label: string) => [{ value: 'open', label }, { value: 'solved', label: `${label}!` }]

  it('shows what is chosen as it is called now', async () => {
    const select = mount(QSelect, { props: { options: told('Open'), modelValue: 'open', label: 'State' }, attachTo: document.body })
    await nextTick()
    expect(select.get('button').text()).toBe('Open')
    await select.setProps({ options: told('处理中') })
    expect(select.get('button').text()).toBe('处理中')
    await select.setProps({ modelValue: 'solved' })
    expect(select.get('button').text()).toBe('处理中!')
    select.unmount()
  })

  it('asks for a choice while there is none', async () => {
    const select = mount(QSelect, { props: { options: told('Open'), placeholder: 'Which one?', label: 'State' }, attachTo: document.body })
    await nextTick()
    expect(select.get('button').text()).toBe('Which one?')
    select.unmount()
  })
})

describe('QIcon', () => {
  it('is hidden from readers unless it is named', () => {
    expect(mount(QIcon, { props: { name: 'bell' } }).attributes('aria-hidden')).toBe('true')
    expect(mount(QIcon, { props: { name: 'bell', label: 'Alerts' } }).attributes('aria-label')).toBe('Alerts')
  })
})

describe('QCheckbox', () => {
  it('toggles by its label', async () => {
    const box = mount(QCheckbox, { props: { label: 'Agree' } })
    await box.get('button').trigger('click')
    expect(box.emitted('update:modelValue')).toEqual([[true]])
    expect(box.get('label').attributes('for')).toBe(box.get('button').attributes('id'))
  })
})

describe('QTable', () => {
  const columns = [{ key: 'name', label: 'Name' }, { key: 'open', label: 'Open', align: 'end' as const, value: (row: { open: number }) => row.open * 2 }]
  const rows = [{ id: 1, name: '小桥', open: 3 }]

  it('shows cells by key and by value and opens a row by keyboard', async () => {
    const table = mount(QTable<{ id: number; name: string; open: number }>, { props: { columns, rows, keyOf: (row) => row.id, caption: 'Team', clickable: true } })
    expect(table.findAll('td').map((cell) => cell.text())).toEqual(['小桥', '6'])
    await table.get('tbody tr').trigger('keydown', { key: 'Enter' })
    expect(table.emitted('open')).toEqual([[rows[0]]])
  })
})
