import { describe, expect, it } from 'vitest'
import { bodyOf, draftOf, hostOf, problemsOf } from '../tools/httpDraft'
import { stateOf } from '../state'
import { typed, valueKind, withOperation } from './conditions'
import { differenceOf, isNothing, isSame, merged } from './difference'
import { useHistory } from './history'
import { pathsRead, sampleOf } from './samples'
import { emptyFlow, noTrigger, type FlowDefinition, type FlowNode, type FlowState, type HttpToolShown, type ToolSpec } from './shapes'
import { isKnown, placesIn, slotOf, slotsIn } from './slots'
import { walkedBy } from './walked'

const text = (words: string) => ({ zh: words, en: words })
const say = (id: string, next: string, words = id): FlowNode => ({ type: 'say', id, text: text(words), next })
const end: FlowNode = { type: 'end', id: 'end', text: null }
const ask = (id: string, next: string): FlowNode => ({ type: 'ask', id, slot: id, kind: 'text', prompt: text(id), label: text(`the ${id}`), next, required: true, tries: 3, fresh: false })
const flow = (...nodes: FlowNode[]): FlowDefinition => ({ name: text('n'), button: text('b'), description: {}, trigger: noTrigger(), graph: { start: nodes[0]!.id, nodes } })
const orders: ToolSpec = {
  name: 'orders', title: text('Orders'), description: {}, writes: false, kind: 'shop', arguments: [],
  results: [{ name: 'list', type: 'list', required: true }, { name: 'count', type: 'number', required: true }, { name: 'first', type: 'object', required: true }, { name: 'at', type: 'moment', required: true }],
}
const look: FlowNode = { type: 'tool', id: 'look', tool: 'orders', result: 'found', next: 'show', arguments: {}, errors: {} }
const show: FlowNode = { type: 'card', id: 'show', title: text('{found.first.number}'), rows: { over: 'found.list', text: text('{item.number} {item.total}'), most: 8, style: 'list' }, next: 'end' }

describe('difference', () => {
  const base = flow(say('a', 'b'), say('b', 'end'), end)
  it('is nothing between a flow and itself, whatever is left out', () => {
    expect(isNothing(differenceOf(base, structuredClone(base)))).toBe(true)
    expect(isSame({ text: null, list: [], words: { zh: '' } }, {})).toBe(true)
  })
  it('names steps added, removed and changed, with the fields that differ', () => {
    const now = differenceOf(base, flow(say('a', 'c'), say('c', 'end'), end))
    expect([now.added.map(({ id }) => id), now.removed.map(({ id }) => id), now.changed.map(({ after, fields }) => [after.id, fields])]).toEqual([['c'], ['b'], [['a', ['next']]]])
  })
  it('names settings', () => {
    expect(differenceOf(base, { ...base, name: text('other') }).settings).toEqual(['name'])
  })
})

describe('two people at once', () => {
  const base = flow(say('a', 'b'), say('b', 'end'), end)
  it('are brought together where they changed different steps', () => {
    const { flow: now, clashes } = merged(base, flow(say('a', 'b', 'mine'), say('b', 'end'), end), { ...flow(say('a', 'b'), say('b', 'end', 'theirs'), end), name: text('theirs') })
    expect(clashes).toEqual([])
    expect(now.name).toEqual(text('theirs'))
    expect(now.graph.nodes.map((node) => node.type === 'say' && node.text['zh'])).toEqual(['mine', 'theirs', false])
  })
  it('keeps steps that either added, and takes away what either removed', () => {
    const { flow: now, clashes } = merged(base, flow(say('a', 'end'), end), { ...base, graph: { ...base.graph, nodes: [...base.graph.nodes, say('new', 'end')] } })
    expect([now.graph.nodes.map(({ id }) => id), clashes]).toEqual([['a', 'end', 'new'], []])
  })
  it('tells a clash and decides as asked', () => {
    const [mine, theirs] = [flow(say('a', 'b', 'mine'), say('b', 'end'), end), flow(say('a', 'b', 'theirs'), say('b', 'end'), end)]
    expect(merged(base, mine, theirs).clashes).toEqual([{ node: 'a', setting: null }])
    expect(merged(base, mine, theirs, 'theirs').flow.graph.nodes[0]).toEqual(say('a', 'b', 'theirs'))
    expect(merged(base, mine, theirs, 'mine').flow.graph.nodes[0]).toEqual(say('a', 'b', 'mine'))
  })
})

describe('what a flow knows', () => {
  const graph = flow(ask('number', 'look'), look, show, end).graph
  const slots = slotsIn(graph, [orders])
  it('is what is asked, looked up and given', () => {
    expect(slots.map(({ path }) => path)).toEqual(expect.arrayContaining(['number', 'found', 'found.list', 'found.count', 'customer.name', 'error.kind']))
  })
  it('tells what a text names, and whether anything finds it out', () => {
    expect(placesIn('{a} {a.b|date} {A} { c } {d.e.f}')).toEqual(['a', 'a.b', 'd.e.f'])
    expect(['number', 'found.count', 'found.first.number', 'item.x', 'found.nothing', 'nobody'].map((path) => isKnown(path, slots, true))).toEqual([true, true, true, true, false, false])
    expect(slotOf('found.first.number', slots)?.path).toBe('found.first')
  })
  it('makes an answer of a tool from its types and from what the flow reads', () => {
    const now = new Date('2026-11-22T08:00:00Z')
    const sample = sampleOf(orders, 'found', flow(look, show, end), 'en', now)
    expect(sample).toEqual({
      list: [{ number: 'A-1001', total: { amount: 12_800, currency: 'CNY' } }, { number: 'A-1002', total: { amount: 25_600, currency: 'CNY' } }],
      count: 2, first: { number: 'A-1001' }, at: now.toISOString(),
    })
    expect([...pathsRead(flow(look, show, end))]).toContain('found.list.0.number')
  })
})

describe('conditions', () => {
  it('hold values in the form that the slot has', () => {
    expect(typed('3', 'number', 'more')).toBe(3)
    expect(typed('true', 'yes_no', 'equals')).toBe(true)
    expect(typed('a，b、c,', 'text', 'in')).toEqual(['a', 'b', 'c'])
    expect(valueKind({ op: 'equals', slot: 'x', value: 2 }, undefined)).toBe('number')
  })
  it('keep what they can of a value when the comparison changes', () => {
    expect(withOperation({ op: 'equals', slot: 'x', value: 'a' }, 'in').value).toEqual(['a'])
    expect(withOperation({ op: 'in', slot: 'x', value: ['a', 'b'] }, 'equals').value).toBe('a')
    expect(withOperation({ op: 'equals', slot: 'x', value: 'a' }, 'filled')).toEqual({ op: 'filled', slot: 'x' })
  })
})

describe('a trial in the drawing', () => {
  const graph = flow(say('hello', 'number'), ask('number', 'say'), say('say', 'look'), look, show, end).graph
  const state = (part: Partial<FlowState>): FlowState => ({ run: 'r', node: 'hello', language: 'zh', waits: 'nothing', steps: 0, tries: 0, wrote: false, ...part })
  it('goes from stop to stop, with the steps between', () => {
    const walked = walkedBy(graph, state({ trail: ['number', 'look'], node: 'end' }))
    expect([...walked.nodes]).toEqual(['hello', 'number', 'say', 'look', 'show', 'end'])
    expect(walked.wires.has('say>look')).toBe(true)
  })
  it('is empty before it begins', () => {
    expect(walkedBy(graph, null).nodes.size).toBe(0)
  })
})

describe('history', () => {
  it('takes back and again; typing in one field is one step', () => {
    let clock = 0
    const history = useHistory('', () => clock)
    for (const typedSoFar of ['a', 'ab', 'abc']) history.change(typedSoFar, 'name')
    clock = 10_000
    history.change('abcd', 'name')
    history.undo()
    expect(history.now.value).toBe('abc')
    history.undo()
    expect([history.now.value, history.canUndo.value]).toEqual(['', false])
    history.redo()
    history.change('x')
    expect([history.now.value, history.canRedo.value]).toEqual(['x', false])
  })
})

describe('HTTP tools', () => {
  const shown = {
    id: '1', secret_headers: ['Authorization', 'X-Old'],
    definition: { name: 'warranty', title: text('Warranty'), url: 'https://api.example.com/w/{number}', method: 'GET', headers: { Accept: 'x' }, arguments: [{ name: 'number', type: 'text', where: 'url', required: true }], results: [], writes: false },
  } satisfies HttpToolShown
  it('never send a secret that was not typed again, and take away what was removed', () => {
    const draft = draftOf(shown)
    draft.headers = draft.headers.filter((header) => header.name !== 'X-Old')
    expect(bodyOf(draft, shown)).toMatchObject({ definition: { headers: { Accept: 'x' } }, secrets: { 'X-Old': null } })
    draft.headers.find((header) => header.secret)!.value = 'Bearer 1'
    expect(bodyOf(draft, shown).secrets).toEqual({ Authorization: 'Bearer 1', 'X-Old': null })
    expect(bodyOf(draftOf(shown), shown).secrets).toBeUndefined()
  })
  it('are checked before they are sent', () => {
    expect([...problemsOf(draftOf(shown), ['api.example.com'])]).toEqual([])
    expect([...problemsOf(draftOf(shown), [])]).toEqual(['host'])
    expect([...problemsOf({ ...draftOf(shown), arguments: [], name: '订单' }, ['api.example.com'])]).toEqual(['name', 'places'])
    expect(['https://API.example.com:8443/x', 'api.example.com', 'nonsense host', 'http://{host}/x'].map(hostOf)).toEqual(['api.example.com:8443', 'api.example.com', '', ''])
  })
})

it('tells how a flow stands', () => {
  expect(stateOf({ published: null, enabled: true, changed: true })).toBe('draft')
  expect(stateOf({ published: 2, enabled: false, changed: true })).toBe('disabled')
  expect(stateOf({ published: 2, enabled: true, changed: true })).toBe('changed')
  expect(isNothing(differenceOf(emptyFlow('a', 'b'), emptyFlow('a', 'b')))).toBe(true)
})
