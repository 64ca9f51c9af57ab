import { describe, expect, it } from 'vitest'
import { edgesOf, optionalKeys, reachable, withEdge } from './edges'
import { connected, duplicated, freshName, inserted, insertedAtStart, newNode, removed, renamedSlot } from './editing'
import { outlineOf } from './outline'
import { emptyFlow, KINDS, NAME, OPEN, type FlowNode, type Graph, type NodeOf } from './shapes'

const say = (id: string, next: string): FlowNode => ({ type: 'say', id, text: { zh: id, en: id }, next })
const end = (id = 'end'): FlowNode => ({ type: 'end', id, text: null })
const tool = (id: string, next: string, errors: Record<string, string> = {}): FlowNode => ({ type: 'tool', id, tool: 'order', result: 'order', next, arguments: {}, errors })
const graph = (...nodes: FlowNode[]): Graph => ({ start: nodes[0]!.id, nodes })
const line = graph(say('a', 'b'), say('b', 'end'), end())
const node = (found: Graph, id: string): FlowNode => found.nodes.find((one) => one.id === id)!

describe('ways', () => {
  it('leads one way elsewhere and leaves the others', () => {
    const first = tool('t', 'a', { refused: 'b' })
    expect(edgesOf(withEdge(first, 'errors.not_found', 'c')).map(({ key, to }) => `${key}:${to}`)).toEqual(['next:a', 'errors.not_found:c', 'errors.refused:b'])
    expect(edgesOf(withEdge(first, 'errors.refused', null)).map(({ key }) => key)).toEqual(['next'])
  })
  it('keeps a way that must be there', () => {
    expect(withEdge(say('a', 'b'), 'next', null)).toEqual(say('a', 'b'))
    expect(optionalKeys(tool('t', 'a'))).toEqual(['errors.not_found', 'errors.refused', 'errors.unavailable', 'errors.invalid'])
  })
  it('finds what can be reached', () => {
    expect([...reachable(graph(...line.nodes, say('lost', 'a')), 'a')]).toEqual(['a', 'b', 'end'])
  })
})

describe('adding', () => {
  it('gives names that nothing has, in the form the server takes', () => {
    expect(freshName('ask', ['ask', 'ask_2'])).toBe('ask_3')
    for (const kind of KINDS) expect(newNode(line, kind, 'end').id).toMatch(NAME)
  })
  it('puts a step on a way: it takes the way’s end for its own', () => {
    const { graph: now, id } = inserted(line, [{ from: 'a', key: 'next', to: 'b' }], 'ask')
    expect(edgesOf(node(now, 'a'))[0]!.to).toBe(id)
    expect(edgesOf(node(now, id))[0]!.to).toBe('b')
    expect(now.nodes.map((one) => one.id)).toEqual(['a', id, 'b', 'end'])
  })
  it('puts one step on several ways with the same ends', () => {
    const start = graph(tool('t', 'end', { refused: 'end', invalid: 'end' }), end())
    const { graph: now, id } = inserted(start, [{ from: 't', key: 'errors.refused', to: 'end' }, { from: 't', key: 'errors.invalid', to: 'end' }], 'say')
    expect(edgesOf(node(now, 't')).map(({ to }) => to)).toEqual(['end', id, id])
  })
  it('begins a branch with one way that leads on and one that is not drawn', () => {
    const made = inserted(line, [{ from: 'a', key: 'next', to: 'b' }], 'branch', { slot: 'order.status' })
    const branch = node(made.graph, made.id) as NodeOf<'branch'>
    expect([branch.otherwise, branch.cases[0]!.next, branch.cases[0]!.when.slot]).toEqual(['b', OPEN, 'order.status'])
  })
  it('puts a step before the first', () => {
    const { graph: now, id } = insertedAtStart(line, 'say')
    expect([now.start, edgesOf(node(now, id))[0]!.to]).toEqual([id, 'a'])
  })
  it('puts a twin behind a step', () => {
    const { graph: now, id } = duplicated(line, 'b')
    expect([edgesOf(node(now, 'b'))[0]!.to, edgesOf(node(now, id))[0]!.to]).toEqual([id, 'end'])
  })
})

describe('removing', () => {
  it('closes the gap', () => {
    const now = removed(line, 'b')
    expect(edgesOf(node(now, 'a'))[0]!.to).toBe('end')
  })
  it('makes the next step the first when the first goes', () => {
    expect(removed(line, 'a').start).toBe('b')
  })
  it('leaves a way undrawn, or takes it away when it need not be, where nothing follows', () => {
    const start = graph(tool('t', 'person', { refused: 'person' }), { type: 'hand_over', id: 'person', reason: {} }, end())
    expect(edgesOf(node(removed(start, 'person'), 't'))).toEqual([{ from: 't', key: 'next', to: OPEN }])
  })
  it('keeps the last step', () => {
    expect(removed(graph(end()), 'end').nodes).toHaveLength(1)
  })
  it('leaves the graph it was given as it was', () => {
    const before = JSON.stringify(line)
    removed(line, 'b')
    connected(line, [{ from: 'a', key: 'next', to: 'b' }], 'end')
    expect(JSON.stringify(line)).toBe(before)
  })
})

describe('renaming', () => {
  it('follows a slot into texts, conditions, arguments and lists, and nowhere else', () => {
    const start = graph(
      { type: 'ask', id: 'q', slot: 'order', kind: 'text', prompt: { zh: '订单 {order.number}，{orders}', en: '{order|date}' }, next: 'b', required: true, tries: 3, fresh: false },
      { type: 'branch', id: 'b', cases: [{ when: { op: 'all', of: [{ op: 'equals', slot: 'order.status', value: 'order' }] }, next: 't' }], otherwise: 't' },
      { ...tool('t', 'end'), tool: 'order', result: 'found', arguments: { order: { slot: 'order' } } } as FlowNode,
      end(),
    )
    const now = renamedSlot(start, 'order', 'purchase')
    expect((node(now, 'q') as NodeOf<'ask'>).prompt).toEqual({ zh: '订单 {purchase.number}，{orders}', en: '{purchase|date}' })
    expect((node(now, 'b') as NodeOf<'branch'>).cases[0]!.when.of![0]).toEqual({ op: 'equals', slot: 'purchase.status', value: 'order' })
    expect(node(now, 't')).toMatchObject({ tool: 'order', result: 'found', arguments: { order: { slot: 'purchase' } } })
  })
})

describe('outline', () => {
  it('reads along each first way, what nothing leads to comes last', () => {
    const start = graph(tool('t', 'b', { refused: 'c' }), say('lost', 'c'), say('c', 'end'), say('b', 'end'), end())
    expect(outlineOf(start).map(({ node: one, number, reached }) => [number, one.id, reached])).toEqual([[1, 't', true], [2, 'b', true], [3, 'end', true], [4, 'c', true], [5, 'lost', false]])
  })
  it('has an empty flow begin with a sentence', () => {
    expect(outlineOf(emptyFlow('查保修', '').graph).map(({ node: one }) => one.type)).toEqual(['say', 'end'])
  })
})
