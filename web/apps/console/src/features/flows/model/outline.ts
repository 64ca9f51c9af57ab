/** The order in which a flow is read: from its start along each first way; what nothing leads to comes last. Pure. */
import { byId, edgesOf } from './edges'
import type { FlowNode, Graph } from './shapes'

export interface OutlineItem {
  node: FlowNode
  number: number
  reached: boolean
}

export function outlineOf(graph: Graph): OutlineItem[] {
  const nodes = byId(graph)
  const order: FlowNode[] = []
  const seen = new Set<string>()
  const todo = [graph.start]
  while (todo.length) {
    const node = nodes.get(todo.pop()!)
    if (!node || seen.has(node.id)) continue
    seen.add(node.id)
    order.push(node)
    todo.push(...edgesOf(node).map((edge) => edge.to).reverse())
  }
  const reached = order.length
  order.push(...graph.nodes.filter((node) => !seen.has(node.id)))
  return order.map((node, at) => ({ node, number: at + 1, reached: at < reached }))
}

export const numbersOf = (graph: Graph): Map<string, number> => new Map(outlineOf(graph).map(({ node, number }) => [node.id, number]))
