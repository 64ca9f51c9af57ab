/** Where a flow's steps stand and how the ways between them run. Pixels; pure: the same graph is always drawn the same. */
import { allEdges, byId, type EdgeKey } from './edges'
import { backLinks, layersOf, ordered, placed, type Link } from './layers'
import { outlineOf } from './outline'
import type { Graph } from './shapes'
import { wireId } from './walked'

export const NODE = { width: 232, height: 76 }
const STUB = { width: 150, height: 30 }
const LANE = { width: 28, height: 0 }
const GAP = { across: 36, down: 100 }
const MARGIN = 40
const LOOP = { out: 30, step: 16, side: 28, off: 14 }
const LABEL = { usual: 60, apart: 8, row: 26 }

export interface Point {
  x: number
  y: number
}
export interface Box extends Point {
  id: string
  width: number
  height: number
  layer: number
}
/** A drawn way. Several that lead from the same node to the same place are one; an `open` one leads nowhere yet. */
export interface Wire {
  id: string
  from: string
  to: string
  keys: EdgeKey[]
  path: string
  /** Where its words and its knob stand. */
  label: Point
  /** Where it arrives, from above. */
  end: Point
  back: boolean
  open: boolean
}
export interface Drawing {
  boxes: Map<string, Box>
  wires: Wire[]
  width: number
  height: number
}

interface Way {
  id: string
  from: string
  to: string
  keys: EdgeKey[]
  open: boolean
}

/** Ways between nodes, joined; those that lead to no node lead to a stub of their own. */
function waysOf(graph: Graph): Way[] {
  const nodes = byId(graph)
  const ways = new Map<string, Way>()
  for (const { from, key, to } of allEdges(graph)) {
    const open = !nodes.has(to)
    const id = open ? wireId(from, `(${key})`) : wireId(from, to)
    const known = ways.get(id)
    if (known) known.keys.push(key)
    else ways.set(id, { id, from, to: open ? id : to, keys: [key], open })
  }
  return [...ways.values()]
}

/** A way that skips layers, as links from lane to lane. */
function chain(way: Way, layer: ReadonlyMap<string, number>): { lanes: { id: string; layer: number }[]; links: Link[] } {
  const [first, last] = [layer.get(way.from)!, layer.get(way.to)!]
  const lanes = Array.from({ length: Math.max(last - first - 1, 0) }, (_, at) => ({ id: `${way.id}#${at}`, layer: first + at + 1 }))
  const stops = [way.from, ...lanes.map((lane) => lane.id), way.to]
  return { lanes, links: stops.slice(1).map((to, at) => ({ from: stops[at]!, to })) }
}

/** How wide the words of a way will be drawn, its knob included. */
export type LabelWidth = (from: string, keys: readonly EdgeKey[]) => number

export function layoutOf(graph: Graph, labelWidth: LabelWidth = () => LABEL.usual): Drawing {
  const nodes = byId(graph)
  const ways = waysOf(graph)
  const ids = [...outlineOf(graph).map(({ node }) => node.id), ...ways.filter((way) => way.open).map((way) => way.to)]
  const turned = backLinks(ids, ways)
  const forward = ways.filter((way, at) => !turned.has(at) && way.from !== way.to)
  const layer = layersOf(ids, forward)
  const chains = forward.map((way) => chain(way, layer))
  const size = (id: string) => (nodes.has(id) ? NODE : id.includes('#') ? LANE : STUB)
  const rows: string[][] = []
  const enter = (id: string, at: number): void => void (rows[at] ??= []).push(id)
  for (const id of ids) enter(id, layer.get(id)!)
  for (const { lanes } of chains) for (const lane of lanes) enter(lane.id, lane.layer)
  const links = chains.flatMap((one) => one.links)
  const order = ordered(rows, links)
  const centre = placed(order, links, (id) => size(id).width, GAP.across)
  const left = Math.min(...order.flat().map((id) => centre.get(id)! - size(id).width / 2))
  const boxes = new Map<string, Box>()
  order.forEach((row, at) => {
    for (const id of row) {
      const { width, height } = size(id)
      boxes.set(id, { id, width, height, layer: at, x: Math.round(centre.get(id)! - width / 2 - left + MARGIN), y: MARGIN + at * (NODE.height + GAP.down) })
    }
  })
  const wires = [...drawForward(forward, chains, boxes, labelWidth), ...drawBack(ways.filter((way) => !forward.includes(way)), boxes)]
  const all = [...boxes.values()]
  const loops = wires.filter((wire) => wire.back)
  return {
    boxes: new Map([...boxes].filter(([id]) => nodes.has(id))),
    wires,
    width: Math.max(...all.map((box) => box.x + box.width), ...loops.map((wire) => wire.label.x + 40)) + MARGIN,
    height: Math.max(...all.map((box) => box.y + Math.max(box.height, 1))) + MARGIN,
  }
}

const middle = (box: Box): number => box.x + box.width / 2

/** Ways leave side by side at the lower edge, in the order of where they lead. */
function portsOf(chains: readonly { links: Link[] }[], boxes: ReadonlyMap<string, Box>): number[] {
  const firsts = chains.map(({ links }) => links[0]!)
  return firsts.map((link) => {
    const box = boxes.get(link.from)!
    const mates = firsts.filter((other) => other.from === link.from).sort((a, b) => middle(boxes.get(a.to)!) - middle(boxes.get(b.to)!))
    const step = Math.min(56, box.width / (mates.length + 1))
    return middle(box) + (mates.indexOf(link) - (mates.length - 1) / 2) * step
  })
}

const bend = (from: Point, to: Point): string => {
  const half = (to.y - from.y) / 2
  return from.x === to.x ? `L${to.x} ${to.y}` : `C${from.x} ${from.y + half} ${to.x} ${to.y - half} ${to.x} ${to.y}`
}

/** Where a bend is when it has come a part `s` (0..1) of its way down. */
function onBend(from: Point, to: Point, s: number): Point {
  let [low, high] = [0, 1]
  while (high - low > 0.001) {
    const t = (low + high) / 2
    if (1.5 * t * (1 - t) + t ** 3 < s) low = t
    else high = t
  }
  return { x: from.x + (to.x - from.x) * (3 * (1 - low) * low ** 2 + low ** 3), y: from.y + (to.y - from.y) * s }
}

interface Bend {
  from: Point
  to: Point
  width: number
}

/** Words stand on their way, half-way down; where they would lie on others they go a row higher or lower. */
function labelled(bends: readonly Bend[]): Point[] {
  const taken: { row: number; y: number; left: number; right: number }[] = []
  const points = new Map<Bend, Point>()
  for (const bend of [...bends].sort((a, b) => a.from.y - b.from.y || a.from.x + a.to.x - b.from.x - b.to.x)) {
    const spots = [0, -1, 1].map((row) => ({ row, at: onBend(bend.from, bend.to, 0.5 + (row * LABEL.row) / GAP.down) }))
    const isFree = ({ row, at }: (typeof spots)[number]): boolean =>
      !taken.some((other) => other.row === row && other.y === bend.from.y && other.left < at.x + bend.width / 2 + LABEL.apart && at.x - bend.width / 2 - LABEL.apart < other.right)
    const { row, at } = spots.find(isFree) ?? spots[0]!
    taken.push({ row, y: bend.from.y, left: at.x - bend.width / 2, right: at.x + bend.width / 2 })
    points.set(bend, at)
  }
  return bends.map((bend) => points.get(bend)!)
}

function drawForward(ways: readonly Way[], chains: readonly { links: Link[] }[], boxes: ReadonlyMap<string, Box>, labelWidth: LabelWidth): Wire[] {
  const ports = portsOf(chains, boxes)
  const bends: Bend[] = []
  const wires = ways.map((way, at) => {
    const start = boxes.get(way.from)!
    let from: Point = { x: Math.round(ports[at]!), y: start.y + start.height }
    let path = `M${from.x} ${from.y}`
    chains[at]!.links.forEach((link, step) => {
      const box = boxes.get(link.to)!
      const to: Point = { x: middle(box), y: box.y }
      if (step === 0) bends.push({ from, to: { x: to.x, y: from.y + GAP.down }, width: labelWidth(way.from, way.keys) })
      path += bend(from, to)
      // Past a layer a way runs straight, so that it keeps clear of the cards beside it.
      from = box.height === 0 && link.to !== way.to ? { x: to.x, y: to.y + NODE.height } : to
      if (from !== to) path += `L${from.x} ${from.y}`
    })
    return { ...way, path, end: from, back: false }
  })
  const labels = labelled(bends)
  return wires.map((wire, at) => {
    const stub = boxes.get(wire.to)!
    return { ...wire, label: wire.open ? { x: middle(stub), y: stub.y + STUB.height / 2 } : labels[at]! }
  })
}

/** A line through corners, each of them rounded. */
function rounded(points: readonly Point[]): string {
  const r = 10
  const toward = (from: Point, to: Point): Point => {
    const far = Math.hypot(to.x - from.x, to.y - from.y) || 1
    const step = Math.min(r, far / 2)
    return { x: from.x + ((to.x - from.x) / far) * step, y: from.y + ((to.y - from.y) / far) * step }
  }
  return points.reduce((path, point, at) => {
    if (at === 0) return `M${point.x} ${point.y}`
    const next = points[at + 1]
    if (!next) return `${path}L${point.x} ${point.y}`
    const [before, after] = [toward(point, points[at - 1]!), toward(point, next)]
    return `${path}L${before.x} ${before.y}Q${point.x} ${point.y} ${after.x} ${after.y}`
  }, '')
}

/** Ways back leave below, run beside everything between their ends, each in a lane of its own, and arrive from above. */
function drawBack(ways: readonly Way[], boxes: ReadonlyMap<string, Box>): Wire[] {
  return ways.map((way, at) => {
    const [from, to] = [boxes.get(way.from)!, boxes.get(way.to)!]
    const [high, low] = [Math.min(from.layer, to.layer), Math.max(from.layer, to.layer)]
    const edge = Math.max(...[...boxes.values()].filter((box) => box.layer >= high && box.layer <= low).map((box) => box.x + box.width))
    const lane = edge + LOOP.out + at * LOOP.step
    const start: Point = { x: from.x + from.width - LOOP.side, y: from.y + from.height }
    const end: Point = { x: to.x + to.width - LOOP.side, y: to.y }
    const [under, over] = [start.y + LOOP.off, end.y - LOOP.off]
    const path = rounded([start, { x: start.x, y: under }, { x: lane, y: under }, { x: lane, y: over }, { x: end.x, y: over }, end])
    return { ...way, path, end, label: { x: lane, y: (under + over) / 2 }, back: true }
  })
}
