import { describe, expect, it } from 'vitest'
import type { HttpArgument } from './httpDraft'
import { reasonOf, samplesFor, sent, shown, unfit } from './trial'

const ARGUMENTS: HttpArgument[] = [
  { name: 'card', type: 'text', where: 'url', required: true, description: {} },
  { name: 'year', type: 'number', where: 'query', required: false, description: {} },
  { name: 'gift', type: 'yes_no', where: 'body', required: false, description: {} },
]

describe('samples', () => {
  it('begin empty and keep what was typed for an argument that stays', () => {
    expect(samplesFor(ARGUMENTS)).toEqual({ card: '', year: '', gift: '' })
    expect(samplesFor(ARGUMENTS.slice(0, 1), { card: 'A1', gone: 'x' })).toEqual({ card: 'A1' })
  })

  it('do not fit when what is needed is empty, or a number is none', () => {
    expect(unfit(ARGUMENTS, { card: ' ', year: '', gift: '' })).toEqual(new Set(['card']))
    expect(unfit(ARGUMENTS, { card: 'A1', year: 'many', gift: '' })).toEqual(new Set(['year']))
    expect(unfit(ARGUMENTS, { card: 'A1', year: '1e3', gift: '' }).size).toBe(0)
  })

  it('are sent in the type that the tool declares; what is empty stays at home', () => {
    expect(sent(ARGUMENTS, { card: ' 007 ', year: '2026', gift: 'no' })).toEqual({ card: '007', year: 2026, gift: false })
    expect(sent(ARGUMENTS, { card: 'A1', year: '', gift: '' })).toEqual({ card: 'A1' })
  })
})

describe('what came back', () => {
  it('is explained as exactly as it is known', () => {
    expect(reasonOf({ reason: '', field: 'card', status: null })).toEqual({ key: 'field', named: { name: 'card' } })
    expect(reasonOf({ reason: 'type:points', field: '', status: 200 })).toEqual({ key: 'type', named: { name: 'points' } })
    expect(reasonOf({ reason: '404', field: '', status: 404 })).toEqual({ key: 'status', named: { status: '404' } })
    expect(reasonOf({ reason: 'timeout', field: '', status: null })?.key).toBe('timeout')
    expect(reasonOf({ reason: 'something new', field: '', status: null })).toBeNull()
  })

  it('is shown as it is: texts without quotes, nothing as nothing, parts indented', () => {
    expect([shown('gold'), shown(120), shown(null), shown(false)]).toEqual(['gold', '120', 'null', 'false'])
    expect(shown({ a: [1] })).toContain('\n  "a"')
  })
})
