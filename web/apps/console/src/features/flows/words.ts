/** What steps, ways, slots and conditions are called, in the reader's language. */
import { i18n, localised, translate } from '@/app/i18n'
import type { Localised } from '@/app/wire'
import { apart } from '@qiao/i18n'
import type { IconName } from '@qiao/ui'
import type { EdgeKey } from './model/edges'
import { slotOf, type Slot } from './model/slots'
import type { Condition, FlowNode, NodeKind, ToolSpec } from './model/shapes'

export const ICON: Record<NodeKind, IconName> = { say: 'chat', ask: 'quote', branch: 'merge', tool: 'search', card: 'card', answer: 'book', hand_over: 'people', end: 'flag' }
export const TONE: Record<NodeKind, string> = {
  say: 'bg-celadon-soft text-celadon-strong', ask: 'bg-indigo-soft text-indigo', branch: 'bg-sunken text-ink-2', tool: 'bg-amber-soft text-amber',
  card: 'bg-celadon-soft text-celadon-strong', answer: 'bg-celadon-soft text-celadon-strong', hand_over: 'bg-rose-soft text-rose', end: 'bg-sunken text-ink-2',
}

export const kindName = (kind: NodeKind): string => translate(`flows.kinds.${kind}`)

export function slotName(path: string, slots: readonly Slot[]): string {
  const slot = slotOf(path, slots)
  if (!slot) return path
  const rest = path.slice(slot.path.length).split('.').slice(1).map((part) => ` · ${resultName(part)}`).join('')
  const own = localised(slot.label) || (slot.node ? partName(slot, slots) : translate(`flows.given.${slot.path.replace('.', '_')}`))
  return own ? own + rest : path
}

/** What tools call the parts of their answers, as people say it. */
export const resultName = (part: string): string => (i18n.global.te(`flows.results.${part}`) ? translate(`flows.results.${part}`) : part)

/** A part of a tool's answer that has no name of its own goes by the tool's. */
function partName(slot: Slot, slots: readonly Slot[]): string {
  const [root, ...part] = slot.path.split('.')
  const whole = part.length ? localised(slots.find((one) => one.path === root)?.label) : ''
  return whole && [whole, ...part.map(resultName)].join(' · ')
}

export interface Surroundings {
  slots: readonly Slot[]
  tools: readonly ToolSpec[]
}

/** A text with its places named as people know them. */
export const filledText = (text: Localised | null | undefined, slots: readonly Slot[]): string =>
  localised(text).replace(/\{([a-z][a-z0-9_.]*)(?:\|(?:date|time))?\}/g, (_all, path: string) => `[${slotName(path, slots)}]`)

export const toolName = (name: string, tools: readonly ToolSpec[]): string => {
  const tool = tools.find((one) => one.name === name)
  return (tool && localised(tool.title)) || name
}

/** What a step does, in one line; empty when nothing was written yet. */
export function gist(node: FlowNode, { slots, tools }: Surroundings): string {
  switch (node.type) {
    case 'say':
      return filledText(node.text, slots)
    case 'ask':
      return filledText(node.prompt, slots)
    case 'branch':
      return node.cases.map((one) => conditionWords(one.when, slots)).join(translate('flows.list_comma'))
    case 'tool':
      return toolName(node.tool, tools)
    case 'card':
      return filledText(node.title, slots)
    case 'hand_over':
      return filledText(node.reason, slots)
    case 'answer':
      return translate('flows.step.answer_gist')
    case 'end':
      return filledText(node.text, slots) || translate('flows.step.end_gist')
  }
}

function valueWords(condition: Condition, slot: Slot | undefined): string {
  const one = (value: unknown): string => {
    if (typeof value === 'boolean') return translate(value ? 'flows.yes' : 'flows.no')
    const choice = slot?.choices?.find((other) => other.value === value)
    return (choice && localised(choice.label)) || String(value ?? '')
  }
  return Array.isArray(condition.value) ? condition.value.map(one).join(translate('flows.list_comma')) : one(condition.value)
}

/** A condition as a sentence. */
export function conditionWords(condition: Condition, slots: readonly Slot[]): string {
  const inner = (condition.of ?? []).map((one) => conditionWords(one, slots))
  if (condition.op === 'all') return inner.join(translate('flows.and'))
  if (condition.op === 'any') return inner.join(translate('flows.or'))
  if (condition.op === 'not') return translate('flows.not', { what: inner.join(translate('flows.or')) })
  const path = condition.slot ?? ''
  const slot = slots.find((other) => other.path === path)
  if (typeof condition.value === 'boolean' && (condition.op === 'equals' || condition.op === 'not_equals')) {
    return translate(condition.value === (condition.op === 'equals') ? 'flows.operations.is_yes' : 'flows.operations.is_no', { slot: slotName(path, slots) })
  }
  return apart(translate(`flows.operations.${condition.op}`, { slot: slotName(path, slots), value: valueWords(condition, slot) }))
}

/** A way's words are short when the question says the rest: "yes" rather than "Confirmed is yes". */
function caseWords(condition: Condition, slots: readonly Slot[]): string {
  const slot = slots.find((other) => other.path === condition.slot)
  if (condition.op === 'equals' && (typeof condition.value === 'boolean' || slot?.choices)) return valueWords(condition, slot)
  return conditionWords(condition, slots)
}

/** What stands on a way; empty where there is only one way on. */
export function edgeWords(node: FlowNode, key: EdgeKey, slots: readonly Slot[]): string {
  if (key.startsWith('cases.') && node.type === 'branch') {
    const one = node.cases[Number(key.slice('cases.'.length))]
    return one ? caseWords(one.when, slots) : ''
  }
  if (key.startsWith('choices.') && node.type === 'ask') return localised(node.choices?.[Number(key.slice('choices.'.length))]?.label) || translate('flows.choice.number', { number: Number(key.slice('choices.'.length)) + 1 })
  if (key.startsWith('errors.')) return translate(`flows.faults.${key.slice('errors.'.length)}`)
  if (key === 'next') return node.type === 'tool' && Object.keys(node.errors ?? {}).length ? translate('flows.edges.done') : node.type === 'ask' && (node.failed || node.choices?.some(({ next }) => next)) ? translate('flows.edges.answered') : ''
  return translate(`flows.edges.${key}`)
}

/** What a way is called in a form, where every way has its own line. */
export function edgeTitle(node: FlowNode, key: EdgeKey, slots: readonly Slot[]): string {
  if (key === 'next') return translate(node.type === 'tool' ? 'flows.edges.done' : node.type === 'ask' ? 'flows.edges.answered' : 'flows.edges.next')
  return edgeWords(node, key, slots) || translate('flows.edges.next')
}
