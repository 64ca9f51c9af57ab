import { describe, expect, it } from 'vitest'
import { differenceOf, merged } from './difference'
import { allEdges, edgesOf, optionalKeys, withEdge } from './edges'
import { removed } from './editing'
import { newGuide, slugOf } from './guide'
import { emptyFlow, type FlowDefinition, type FlowNode, type NodeOf } from './shapes'

const answer = (value: string, next: string | null) => ({ value, label: { zh: value, en: value }, words: [], next })
const ask = (choices: NodeOf<'ask'>['choices'], more: Partial<NodeOf<'ask'>> = {}): NodeOf<'ask'> =>
  ({ type: 'ask', id: 'where', slot: 'where', kind: 'choice', prompt: { zh: '', en: '' }, next: 'end', required: true, tries: 3, fresh: false, choices, ...more })
const ways = (node: FlowNode): string[] => edgesOf(node).map(({ key, to }) => `${key}:${to}`)

describe('ways of answers', () => {
  it('has the common way as long as any answer goes it', () => {
    expect(ways(ask([answer('a', 'x'), answer('b', null)]))).toEqual(['choices.0:x', 'next:end'])
    expect(ways(ask([answer('a', 'x'), answer('b', 'y')]))).toEqual(['choices.0:x', 'choices.1:y'])
    expect(ways(ask([answer('a', 'x')], { required: false }))).toEqual(['choices.0:x', 'next:end'])
    expect(ways(ask([]))).toEqual(['next:end'])
  })
  it('leads one answer elsewhere, and back to the common way', () => {
    const led = withEdge(ask([answer('a', null), answer('b', null)]), 'choices.1', 'far')
    expect(ways(led)).toEqual(['choices.1:far', 'next:end'])
    expect(ways(withEdge(led, 'choices.1', null))).toEqual(['next:end'])
    expect(optionalKeys(led)).toEqual(['failed', 'choices.0', 'choices.1'])
  })
  it('takes the way of an answer away with the last step it led to', () => {
    const end: FlowNode = { type: 'end', id: 'end', text: null }
    const left = removed({ start: 'where', nodes: [ask([answer('a', 'gone'), answer('b', 'end')]), { ...end, id: 'gone' }, end] }, 'gone')
    expect(allEdges(left).map(({ key, to }) => `${key}:${to}`)).toEqual(['choices.1:end', 'next:end'])
  })
})

describe('in the help centre', () => {
  it('makes an address of the words of its name', () => {
    expect(slugOf('My teapot drips!')).toBe('my-teapot-drips')
    expect(slugOf('  What’s wrong — with the Café kettle? ')).toBe('whats-wrong-with-the-cafe-kettle')
    expect(slugOf('我的茶壶漏水，怎么办？')).toBe('我的茶壶漏水-怎么办')
    expect(slugOf('？！')).toBe('')
    expect(slugOf('x-'.repeat(80))).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  })
  it('is called as the flow is called until somebody says otherwise', () => {
    expect(newGuide(emptyFlow('茶壶滴水', 'Teapot drips'))).toEqual({
      title: { zh: '茶壶滴水', en: 'Teapot drips' }, summary: { zh: '', en: '' }, slug: { zh: '茶壶滴水', en: 'teapot-drips' },
    })
  })
  it('is a setting of the flow that two editors do not lose', () => {
    const base = emptyFlow('滴水', 'Drips')
    const mine: FlowDefinition = { ...base, guide: newGuide(base) }
    const theirs: FlowDefinition = { ...base, button: { zh: '看看', en: 'Look' } }
    expect(differenceOf(base, mine).settings).toEqual(['guide'])
    expect(merged(base, mine, theirs)).toEqual({ flow: { ...mine, button: theirs.button }, clashes: [] })
    expect(merged(mine, { ...mine, guide: null }, { ...mine, guide: { ...mine.guide!, summary: { zh: '一', en: 'One' } } }).clashes).toEqual([{ node: null, setting: 'guide' }])
  })
})
