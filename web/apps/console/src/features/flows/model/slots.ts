/** What texts, conditions and arguments may name: what questions asked for, what tools gave, what is known of the customer. Pure. */
import type { Localised } from '@/app/wire'
import type { FlowNode, Graph, ToolField, ToolSpec } from './shapes'

export type SlotType = ToolField['type'] | 'choice' | 'unknown'

export interface Slot {
  path: string
  type: SlotType
  /** What it is called, where an editor or a tool named it. */
  label: Localised | null
  /** The node that fills it; null for what is given. */
  node: string | null
  choices?: { value: string; label: Localised }[]
}

const TYPES: Partial<Record<string, SlotType>> = { number: 'number', date: 'date', yes_no: 'yes_no', choice: 'choice' }
const given = (path: string, type: SlotType = 'text'): Slot => ({ path, type, label: null, node: null })
export const GIVEN: readonly Slot[] = [
  given('customer.name'), given('customer.known', 'yes_no'), given('customer.tier'), given('customer.language'),
  given('error.kind'), given('error.reason'), given('error.field'),
]

function filledBy(node: FlowNode, tools: ReadonlyMap<string, ToolSpec>): Slot[] {
  if (node.type === 'ask') {
    const choices = node.choices?.map(({ value, label }) => ({ value, label }))
    return [{ path: node.slot, type: TYPES[node.kind] ?? 'text', label: node.label ?? null, node: node.id, ...(choices?.length ? { choices } : {}) }]
  }
  if (node.type !== 'tool') return []
  const tool = tools.get(node.tool)
  const parts = (tool?.results ?? []).map((field): Slot => ({ path: `${node.result}.${field.name}`, type: field.type, label: hasWords(field.description) ? field.description! : null, node: node.id }))
  return [{ path: node.result, type: 'object', label: tool?.title ?? null, node: node.id }, ...parts]
}

const hasWords = (text: Localised | undefined): boolean => Boolean(text && Object.values(text).some(Boolean))

/** Each once, in the order of the nodes; what is given last. */
export function slotsIn(graph: Graph, tools: readonly ToolSpec[]): Slot[] {
  const known = new Map(tools.map((tool) => [tool.name, tool]))
  const all = [...graph.nodes.flatMap((node) => filledBy(node, known)), ...GIVEN]
  return [...new Map(all.map((slot) => [slot.path, slot])).values()]
}

const PLACE = /\{([a-z][a-z0-9_]{0,39}(?:\.[a-z0-9_]{1,40}){0,5})(?:\|(?:date|time))?\}/g

/** The paths that a text names. */
export const placesIn = (text: string): string[] => [...new Set([...text.matchAll(PLACE)].map((match) => match[1]!))]

/** The slot that a path belongs to: itself, or the nearest above it. */
export function slotOf(path: string, slots: readonly Slot[]): Slot | undefined {
  const exact = slots.find((slot) => slot.path === path)
  if (exact || !path.includes('.')) return exact
  return slotOf(path.slice(0, path.lastIndexOf('.')), slots)
}

/** Whether anything fills what the path names. A part of a part is anybody's guess, and taken for good. */
export function isKnown(path: string, slots: readonly Slot[], item = false): boolean {
  const [root, part] = path.split('.')
  if (item && root === 'item') return true
  if (!part) return slots.some((slot) => slot.path === path || slot.path.startsWith(`${path}.`))
  const parts = slots.filter((slot) => slot.path.startsWith(`${root}.`))
  return parts.length ? parts.some((slot) => slot.path === `${root}.${part}`) : slots.some((slot) => slot.path === root && slot.type === 'object')
}
