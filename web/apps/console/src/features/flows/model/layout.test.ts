import { describe, expect, it } from 'vitest'
import { backLinks, crossings, layersOf, neighboursOf, spread } from './layers'
import { layoutOf, NODE } from './layout'
import { OPEN, type FlowNode, type Graph } from './shapes'

const say = (id: string, next: string): FlowNode => ({ type: 'say', id, text: { zh: id, en: id }, next })
const end = (id: string): FlowNode => ({ type: 'end', id, text: null })
const branch = (id: string, ...ways: string[]): FlowNode => ({
  type: 'branch',
  id,
  cases: ways.slice(0, -1).map((next) => ({ when: { op: 'filled', slot: 'a' }, next })),
  otherwise: ways.at(-1)!,
})
const graph = (...nodes: FlowNode[]): Graph => ({ start: nodes[0]!.id, nodes })

/** A graph made from a seed: every node leads onward, some back. */
function grown(seed: number, size: number): Graph {
  let state = seed
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below
  const nodes = Array.from({ length: size }, (_, at): FlowNode => {
    const on = (): string => `n${Math.min(at + 1 + random(4), size)}`
    return random(3) === 0 ? branch(`n${at}`, on(), random(5) === 0 ? `n${random(size)}` : on(), on()) : say(`n${at}`, on())
  })
  return graph(...nodes, end(`n${size}`))
}

describe('layers', () => {
  it('puts each thing below everything that leads to it', () => {
    const layers = layersOf(['a', 'b', 'c', 'd'], [{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }, { from: 'a', to: 'c' }, { from: 'c', to: 'd' }])
    expect([...layers.values()]).toEqual([0, 1, 2, 3])
  })
  it('finds the ways that lead back, and only those', () => {
    const links = [{ from: 'a', to: 'b' }, { from: 'b', to: 'c' }, { from: 'c', to: 'a' }, { from: 'a', to: 'c' }, { from: 'b', to: 'b' }]
    expect([...backLinks(['a', 'b', 'c'], links)].sort()).toEqual([2, 4])
  })
  it('counts crossings', () => {
    const { below } = neighboursOf([{ from: 'a', to: 'y' }, { from: 'b', to: 'x' }])
    expect(crossings(['a', 'b'], ['x', 'y'], below)).toBe(1)
    expect(crossings(['a', 'b'], ['y', 'x'], below)).toBe(0)
  })
  it('moves what collides apart around its middle, and nothing else', () => {
    expect(spread([0, 0], [10, 10], 2)).toEqual([-6, 6])
    expect(spread([0, 100], [10, 10], 2)).toEqual([0, 100])
  })
})

describe('layout', () => {
  it('draws a line of steps straight down', () => {
    const { boxes, wires } = layoutOf(graph(say('a', 'b'), say('b', 'c'), end('c')))
    expect(new Set([...boxes.values()].map((box) => box.x)).size).toBe(1)
    expect([...boxes.values()].map((box) => box.layer)).toEqual([0, 1, 2])
    expect(wires.map((wire) => wire.id)).toEqual(['a>b', 'b>c'])
  })
  it('joins ways with the same ends, and gives an undrawn way an end of its own', () => {
    const { wires } = layoutOf(graph(branch('a', 'b', 'b', OPEN), end('b')))
    expect(wires.map(({ keys, open }) => [keys, open])).toEqual([[['cases.0', 'cases.1'], false], [['otherwise'], true]])
  })
  it('draws a way back beside the cards', () => {
    const { wires, boxes, width } = layoutOf(graph(say('a', 'b'), branch('b', 'a', 'c'), end('c')))
    const loop = wires.find((wire) => wire.back)!
    expect(loop.id).toBe('b>a')
    expect(loop.label.x).toBeGreaterThan(Math.max(...[...boxes.values()].map((box) => box.x + box.width)))
    expect(width).toBeGreaterThan(loop.label.x)
  })
  it('keeps what nothing leads to in the drawing', () => {
    expect(layoutOf(graph(end('a'), say('lost', 'a'))).boxes.has('lost')).toBe(true)
  })
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('never lays one card on another and leads every way down but those back (seed %i)', (seed) => {
    const drawn = layoutOf(grown(seed, 40))
    const boxes = [...drawn.boxes.values()]
    const touching = boxes.filter((one) => boxes.some((other) => other !== one && other.layer === one.layer && Math.abs(other.x - one.x) < NODE.width))
    expect(touching).toEqual([])
    const upward = drawn.wires.filter((wire) => !wire.back && !wire.open && drawn.boxes.get(wire.from)!.layer >= drawn.boxes.get(wire.to)!.layer)
    expect(upward).toEqual([])
    expect(drawn).toEqual(layoutOf(grown(seed, 40)))
    expect(Math.min(...boxes.map((box) => box.x))).toBeGreaterThanOrEqual(0)
  })
  it('draws two hundred steps at once', () => {
    const large = grown(11, 199)
    const began = performance.now()
    layoutOf(large)
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

it('keeps the words of neighbouring ways off each other', () => {
  const wide = branch('a', 'b', 'c', 'd')
  const { wires } = layoutOf(graph(wide, end('b'), end('c'), end('d')), () => 260)
  const labels = wires.map((wire) => wire.label)
  const near = labels.filter((one, at) => labels.some((other, index) => index !== at && Math.abs(one.x - other.x) < 260 && Math.abs(one.y - other.y) < 20))
  expect(near).toEqual([])
})
