/** The ways on from a node: how they are called, where they lead, and the same node with one of them led elsewhere. Pure. */
import { FAULTS, type FlowNode, type Graph, type NodeOf, type ToolFault } from './shapes'

/** `next`, `failed`, `otherwise`, `cases.0`, `choices.0`, `errors.not_found`. */
export type EdgeKey = string

export interface Edge {
  from: string
  key: EdgeKey
  to: string
}

/** Every way on, in the order in which an editor reads them. */
export function edgesOf(node: FlowNode): Edge[] {
  const edge = (key: EdgeKey, to: string): Edge => ({ from: node.id, key, to })
  switch (node.type) {
    case 'ask': {
      const chosen = (node.choices ?? []).flatMap(({ next }, at) => (next ? [edge(`choices.${at}`, next)] : []))
      return [...chosen, ...(needsNext(node) ? [edge('next', node.next)] : []), ...(node.failed ? [edge('failed', node.failed)] : [])]
    }
    case 'branch':
      return [...node.cases.map((one, at) => edge(`cases.${at}`, one.next)), edge('otherwise', node.otherwise)]
    case 'tool':
      return [edge('next', node.next), ...FAULTS.flatMap((fault) => (node.errors?.[fault] ? [edge(`errors.${fault}`, node.errors[fault]!)] : []))]
    case 'hand_over':
    case 'end':
      return []
    default:
      return [edge('next', node.next)]
  }
}

/** Where every answer has a way of its own, nothing goes the common one. */
export const needsNext = ({ choices = [], listed, required }: NodeOf<'ask'>): boolean => !choices.length || choices.some(({ next }) => !next) || Boolean(listed) || !required

export const allEdges = (graph: Graph): Edge[] => graph.nodes.flatMap(edgesOf)

/** Ways that a node may have or not: without one a person takes over, or the answer goes the common way. */
export function optionalKeys(node: FlowNode): EdgeKey[] {
  if (node.type === 'ask') return ['failed', ...(node.choices ?? []).map((_, at) => `choices.${at}`)]
  return node.type === 'tool' ? FAULTS.map((fault) => `errors.${fault}`) : []
}

/** The node with one way led to `to`; null takes away a way that it need not have. */
export function withEdge(node: FlowNode, key: EdgeKey, to: string | null): FlowNode {
  if (key.startsWith('errors.') && node.type === 'tool') {
    const fault = key.slice('errors.'.length) as ToolFault
    const { [fault]: _gone, ...rest } = node.errors ?? {}
    return { ...node, errors: to === null ? rest : { ...rest, [fault]: to } }
  }
  if (key === 'failed' && node.type === 'ask') return { ...node, failed: to }
  if (key.startsWith('choices.') && node.type === 'ask') {
    const at = Number(key.slice('choices.'.length))
    return { ...node, choices: (node.choices ?? []).map((one, index) => (index === at ? { ...one, next: to } : one)) }
  }
  if (to === null) return node
  if (key.startsWith('cases.') && node.type === 'branch') {
    const at = Number(key.slice('cases.'.length))
    return { ...node, cases: node.cases.map((one, index) => (index === at ? { ...one, next: to } : one)) }
  }
  if (key === 'otherwise' && node.type === 'branch') return { ...node, otherwise: to }
  return key === 'next' && 'next' in node ? { ...node, next: to } : node
}

/** Nodes by their names. */
export const byId = (graph: Graph): Map<string, FlowNode> => new Map(graph.nodes.map((node) => [node.id, node]))

export const edgesInto = (graph: Graph, id: string): Edge[] => allEdges(graph).filter((edge) => edge.to === id)

/** Everything that can be reached from a node, itself included. */
export function reachable(graph: Graph, from: string): Set<string> {
  const nodes = byId(graph)
  const found = new Set<string>()
  const todo = [from]
  while (todo.length) {
    const node = nodes.get(todo.pop()!)
    if (!node || found.has(node.id)) continue
    found.add(node.id)
    todo.push(...edgesOf(node).map((edge) => edge.to))
  }
  return found
}
