/** What a tool might answer, for trials: made from the types it declares and from the parts that the flow reads. Pure. */
import type { Language } from '@/app/wire'
import { placesIn } from './slots'
import type { Condition, FlowDefinition, FlowNode, ToolField, ToolSpec } from './shapes'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** Every path that a flow reads: in texts, conditions, arguments, lists. `{item.x}` of a list `a.b` counts as `a.b.0.x`. */
export function pathsRead(flow: FlowDefinition): Set<string> {
  const found = new Set<string>()
  for (const node of flow.graph.nodes) for (const path of pathsOf(node)) found.add(path)
  return found
}

function pathsOf(node: FlowNode): string[] {
  const over = node.type === 'ask' ? node.listed?.over : node.type === 'card' ? node.rows?.over : undefined
  const texts = placesIn(JSON.stringify(node)).map((path) => (path.startsWith('item.') && over ? `${over}.0.${path.slice('item.'.length)}` : path))
  const own: (string | null | undefined)[] = [over]
  if (node.type === 'ask' && node.listed) own.push(`${node.listed.over}.0.${node.listed.value}`)
  if (node.type === 'card') own.push(node.link)
  if (node.type === 'tool') own.push(...Object.values(node.arguments ?? {}).map((argument) => argument.slot))
  if (node.type === 'branch') own.push(...node.cases.flatMap((one) => slotsOfCondition(one.when)))
  return [...texts, ...own.filter((path): path is string => Boolean(path))]
}

const slotsOfCondition = (condition: Condition): string[] => [...(condition.slot ? [condition.slot] : []), ...(condition.of ?? []).flatMap(slotsOfCondition)]

const TEXTS: Record<Language, (name: string) => string> = { zh: (name) => `示例 ${name}`, en: (name) => `Sample ${name}` }
const LISTED = 2

/** A tool's answer. `result` is the slot it goes into. */
export function sampleOf(tool: ToolSpec, result: string, flow: FlowDefinition, language: Language, now: Date): Record<string, Json> {
  const read = [...pathsRead(flow)].filter((path) => path.startsWith(`${result}.`)).map((path) => path.slice(result.length + 1))
  const one = (field: ToolField): Json => sampleField(field, read.filter((path) => path.startsWith(`${field.name}.`)).map((path) => path.slice(field.name.length + 1)), { language, now })
  return Object.fromEntries(tool.results.map((field) => [field.name, one(field)]))
}

interface Ground {
  language: Language
  now: Date
}

function sampleField(field: ToolField, below: string[], ground: Ground): Json {
  switch (field.type) {
    case 'number':
      return LISTED
    case 'yes_no':
      return true
    case 'date':
      return ground.now.toISOString().slice(0, 10)
    case 'moment':
      return ground.now.toISOString()
    case 'money':
      return { amount: 12_800, currency: 'CNY' }
    case 'list':
      return Array.from({ length: LISTED }, (_, at) => sampleItem(field.name, below.map((path) => path.replace(/^\d+\./, '')), ground, at + 1))
    case 'words':
      return { zh: TEXTS.zh(field.name), en: TEXTS.en(field.name) }
    case 'object':
      return sampleItem(field.name, below, ground, 1)
    default:
      return sampleText(field.name, ground, 1)
  }
}

function sampleItem(name: string, paths: readonly string[], ground: Ground, number: number): Json {
  const parts = [...new Set(paths.map((path) => path.split('.')[0]!).filter((part) => part && !/^\d+$/.test(part)))]
  if (!parts.length) return sampleText(name, ground, number)
  const below = (part: string): string[] => paths.filter((path) => path.startsWith(`${part}.`)).map((path) => path.slice(part.length + 1))
  return Object.fromEntries(parts.map((part) => [part, below(part).length ? sampleItem(part, below(part), ground, number) : sampleText(part, ground, number)]))
}

/** Names say what they hold: those that sound like moments, pages and numbers get such. */
function sampleText(name: string, { language, now }: Ground, number: number): Json {
  if (/(_at|_by|_until)$|^at$/.test(name)) return new Date(now.getTime() + number * 3_600_000).toISOString()
  if (/(^|_)url$/.test(name)) return 'https://example.com/'
  if (/^(number|order)$/.test(name)) return `A-${1000 + number}`
  if (name === 'status') return 'shipped'
  if (/^(total|price|refund)$/.test(name)) return { amount: 12_800 * number, currency: 'CNY' }
  return TEXTS[language](`${name} ${number}`)
}
