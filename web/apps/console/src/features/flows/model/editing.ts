/** Changes of a graph: each gives a new one and leaves the old as it was, so that every step can be taken back. Pure. */
import { byId, edgesOf, optionalKeys, withEdge, type Edge } from './edges'
import { NO_ENTRY, OPEN, type FlowNode, type Graph, type NodeKind } from './shapes'

const STEMS: Record<NodeKind, string> = { say: 'say', ask: 'ask', branch: 'branch', tool: 'look_up', card: 'card', answer: 'answer', hand_over: 'person', end: 'end' }
const nothing = () => ({ zh: '', en: '' })

/** A name that nothing has yet: `ask`, `ask_2`, ... */
export function freshName(stem: string, taken: Iterable<string>): string {
  const used = new Set([...taken, OPEN])
  if (!used.has(stem)) return stem
  let number = 2
  while (used.has(`${stem}_${number}`)) number += 1
  return `${stem}_${number}`
}

/** What a new node begins with. `tool` is the first tool there is; a draft must always name one. */
export interface Beginnings {
  tool?: string
  slot?: string
}

/** A node of a kind that leads to `next`. */
export function newNode(graph: Graph, kind: NodeKind, next: string, begin: Beginnings = {}): FlowNode {
  const id = freshName(STEMS[kind], graph.nodes.map((node) => node.id))
  switch (kind) {
    case 'say':
      return { type: kind, id, text: nothing(), next }
    case 'ask':
      return { type: kind, id, slot: freshName('reply', slotsOf(graph)), kind: 'text', prompt: nothing(), label: nothing(), next, required: true, tries: 3, fresh: false }
    case 'branch':
      return { type: kind, id, cases: [{ when: { op: 'filled', slot: begin.slot ?? 'customer.known' }, next: OPEN }], otherwise: next }
    case 'tool':
      return { type: kind, id, tool: begin.tool ?? 'tool', result: freshName('result', slotsOf(graph)), next, arguments: {}, errors: {} }
    case 'card':
      return { type: kind, id, title: nothing(), fields: [], next }
    case 'answer':
      return { type: kind, id, entry_id: NO_ENTRY, next }
    case 'hand_over':
      return { type: kind, id, reason: nothing(), text: nothing(), summary: [] }
    case 'end':
      return { type: kind, id, text: null }
  }
}

/** Names of slots that questions and tools fill. */
export const slotsOf = (graph: Graph): string[] => graph.nodes.flatMap((node) => (node.type === 'ask' ? [node.slot] : node.type === 'tool' ? [node.result] : []))

export const replaced = (graph: Graph, node: FlowNode, id = node.id): Graph => ({ ...graph, nodes: graph.nodes.map((one) => (one.id === id ? node : one)) })

/** The ways named by `edges` lead to `to` from now on. */
export function connected(graph: Graph, edges: readonly Edge[], to: string | null): Graph {
  return edges.reduce((now, edge) => {
    const node = byId(now).get(edge.from)
    return node ? replaced(now, withEdge(node, edge.key, to)) : now
  }, graph)
}

export interface Added {
  graph: Graph
  id: string
}

/** A new node on ways that lead to the same place: it takes their end for its own. */
export function inserted(graph: Graph, edges: readonly Edge[], kind: NodeKind, begin: Beginnings = {}): Added {
  const node = newNode(graph, kind, edges[0]?.to ?? OPEN, begin)
  const from = Math.max(...edges.map((edge) => graph.nodes.findIndex((one) => one.id === edge.from)))
  const nodes = [...graph.nodes]
  nodes.splice(from + 1, 0, node)
  return { graph: connected({ ...graph, nodes }, edges, node.id), id: node.id }
}

/** A new node before the first. */
export function insertedAtStart(graph: Graph, kind: NodeKind, begin: Beginnings = {}): Added {
  const node = newNode(graph, kind, graph.start, begin)
  return { graph: { start: node.id, nodes: [node, ...graph.nodes] }, id: node.id }
}

/** The graph without a node: what led to it leads where it led first; ways that need not be are taken away when it led nowhere. */
export function removed(graph: Graph, id: string): Graph {
  const gone = byId(graph).get(id)
  if (!gone || graph.nodes.length === 1) return graph
  const after = edgesOf(gone).map((edge) => edge.to).find((to) => to !== id) ?? OPEN
  const nodes = graph.nodes
    .filter((node) => node.id !== id)
    .map((node) => edgesOf(node).filter((edge) => edge.to === id).reduce((now, { key }) => withEdge(now, key, after === OPEN && optionalKeys(now).includes(key) ? null : after), node))
  const start = graph.start === id ? (nodes.some((node) => node.id === after) ? after : nodes[0]!.id) : graph.start
  return { start, nodes }
}

/** A twin of a node, put behind it. */
export function duplicated(graph: Graph, id: string): Added {
  const node = byId(graph).get(id)
  if (!node) return { graph, id }
  const twin = { ...structuredClone(node), id: freshName(node.id.replace(/_\d+$/, ''), graph.nodes.map((one) => one.id)) }
  if (!('next' in node)) return { graph: { ...graph, nodes: [...graph.nodes, twin] }, id: twin.id }
  const nodes = graph.nodes.flatMap((one) => (one.id === id ? [withEdge(one, 'next', twin.id), twin] : [one]))
  return { graph: { ...graph, nodes }, id: twin.id }
}

/** A slot called otherwise, wherever it is named: as a slot, in texts, in conditions. */
export function renamedSlot(graph: Graph, from: string, to: string): Graph {
  const place = new RegExp(`\\{${from}(?=[}.|])`, 'g')
  const isPath = (key: string): boolean => ['slot', 'over', 'link', 'result'].includes(key)
  const renamed = (key: string, value: unknown): unknown => {
    if (typeof value === 'string') {
      if (isPath(key)) return value === from || value.startsWith(`${from}.`) ? to + value.slice(from.length) : value
      return value.replace(place, `{${to}`)
    }
    if (Array.isArray(value)) return value.map((one) => renamed('', one))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, renamed(name, part)]))
  }
  return { ...graph, nodes: graph.nodes.map((node) => renamed('', node) as FlowNode) }
}
