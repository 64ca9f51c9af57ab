/** What differs between two flows, step by step; and two people's changes brought together. Pure. */
import { byId } from './edges'
import type { FlowDefinition, FlowNode, Graph } from './shapes'

export interface ChangedNode {
  before: FlowNode
  after: FlowNode
  /** Names of the fields that differ. */
  fields: string[]
}
export type Setting = 'name' | 'button' | 'description' | 'trigger' | 'guide' | 'start'
export interface Difference {
  added: FlowNode[]
  removed: FlowNode[]
  changed: ChangedNode[]
  settings: Setting[]
}

/** JSON with sorted keys, without what is null or empty: a field that is left out is the same as one that holds nothing. */
export function plain(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) => {
    if (one === null || one === '' || (Array.isArray(one) && one.length === 0)) return undefined
    if (typeof one !== 'object' || Array.isArray(one)) return one
    const kept = Object.entries(one as object).filter(([, part]) => part !== null && part !== '' && plain(part) !== '{}')
    return Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))
  }) ?? ''
}

export const isSame = (one: unknown, other: unknown): boolean => plain(one) === plain(other)

const SETTINGS = ['name', 'button', 'description', 'trigger', 'guide'] as const
const UNSEEN = new Set(['id', 'at'])

function changedFields(before: FlowNode, after: FlowNode): string[] {
  const [one, other] = [before, after] as unknown as Record<string, unknown>[]
  return [...new Set([...Object.keys(one!), ...Object.keys(other!)])].filter((key) => !UNSEEN.has(key) && !isSame(one![key], other![key]))
}

export function differenceOf(before: FlowDefinition, after: FlowDefinition): Difference {
  const [old, now] = [byId(before.graph), byId(after.graph)]
  const changed = after.graph.nodes.flatMap((node) => {
    const was = old.get(node.id)
    const fields = was ? changedFields(was, node) : []
    return was && fields.length ? [{ before: was, after: node, fields }] : []
  })
  return {
    added: after.graph.nodes.filter((node) => !old.has(node.id)),
    removed: before.graph.nodes.filter((node) => !now.has(node.id)),
    changed,
    settings: [...SETTINGS.filter((key) => !isSame(before[key], after[key])), ...(before.graph.start === after.graph.start ? [] : ['start' as const])],
  }
}

export const isNothing = (one: Difference): boolean => !one.added.length && !one.removed.length && !one.changed.length && !one.settings.length

export interface Clash {
  /** The node both changed, or a setting of the flow. */
  node: string | null
  setting: Setting | null
}
export interface Merged {
  flow: FlowDefinition
  clashes: Clash[]
}

/** What one side changed is taken; where both changed the same differently, `prefer` decides and the clash is told. */
export function merged(base: FlowDefinition, mine: FlowDefinition, theirs: FlowDefinition, prefer: 'mine' | 'theirs' = 'mine'): Merged {
  const clashes: Clash[] = []
  function pick<T>(was: T, own: T, other: T, clash: Clash): T {
    if (isSame(own, other) || isSame(was, other)) return own
    if (isSame(was, own)) return other
    clashes.push(clash)
    return prefer === 'mine' ? own : other
  }
  const settings = Object.fromEntries(SETTINGS.map((key) => [key, pick<unknown>(base[key], mine[key], theirs[key], { node: null, setting: key })])) as Pick<FlowDefinition, (typeof SETTINGS)[number]>
  const [was, own, other] = [byId(base.graph), byId(mine.graph), byId(theirs.graph)]
  const order = [...mine.graph.nodes, ...theirs.graph.nodes.filter((node) => !own.has(node.id))]
  const nodes = order.flatMap((node) => pick<FlowNode | undefined>(was.get(node.id), own.get(node.id), other.get(node.id), { node: node.id, setting: null }) ?? [])
  const start = pick(base.graph.start, mine.graph.start, theirs.graph.start, { node: null, setting: 'start' })
  const graph: Graph = { start, nodes }
  return { flow: { ...mine, ...settings, graph }, clashes }
}
