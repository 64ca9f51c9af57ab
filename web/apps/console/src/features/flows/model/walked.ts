/** Which way a trial went: the server names questions and tools it passed, and where it stands; the steps between are found here. Pure. */
import { byId, edgesOf } from './edges'
import type { FlowState, Graph } from './shapes'

export interface Walked {
  nodes: Set<string>
  /** `from>to` */
  wires: Set<string>
}

export const wireId = (from: string, to: string): string => `${from}>${to}`

/** The shortest way that passes no other question or tool: those would have been named. */
function between(graph: Graph, from: string, to: string): string[] {
  const nodes = byId(graph)
  const before = new Map<string, string>()
  const todo = [from]
  const seen = new Set<string>()
  while (todo.length) {
    const id = todo.shift()!
    const node = nodes.get(id)
    if (!node || seen.has(id)) continue
    seen.add(id)
    if (id !== from && (node.type === 'ask' || node.type === 'tool')) continue
    for (const edge of edgesOf(node)) {
      if (!before.has(edge.to)) before.set(edge.to, id)
      if (edge.to === to) return back(before, from, to)
      todo.push(edge.to)
    }
  }
  return []
}

function back(before: Map<string, string>, from: string, to: string): string[] {
  const way = [to]
  do way.unshift(before.get(way[0]!)!)
  while (way[0] !== from)
  return way
}

export function walkedBy(graph: Graph, state: FlowState | null): Walked {
  const walked: Walked = { nodes: new Set(), wires: new Set() }
  if (!state) return walked
  const stops = [graph.start, ...(state.trail ?? []), state.node].filter((id, at, all) => id !== all[at - 1])
  stops.forEach((stop, at) => {
    const way = at > 0 ? between(graph, stops[at - 1]!, stop) : []
    way.forEach((id, step) => {
      walked.nodes.add(id)
      if (step > 0) walked.wires.add(wireId(way[step - 1]!, id))
    })
    walked.nodes.add(stop)
  })
  return walked
}
