/** Flows as the server types them, with short names; and what an unfinished one holds where nothing was chosen yet. */
import type { Server } from '@/app/wire'

export type FlowBrief = Server['FlowBrief']
export type FlowDefinition = Server['FlowDefinition']
export type FlowOpened = Server['FlowOpened']
export type FlowFault = Server['FlowFault']
export type FlowTrial = Server['FlowTrial']
export type FlowState = Server['FlowState']
export type FlowVersion = Server['FlowVersion']
export type Simulated = Server['Simulated']
export type ToolSpec = Server['ToolSpec']
export type ToolField = Server['ToolField']
export type Graph = FlowDefinition['graph']
export type FlowNode = Graph['nodes'][number]
export type NodeKind = FlowNode['type']
export type NodeOf<K extends NodeKind> = Extract<FlowNode, { type: K }>
export type Condition = Server['Condition']
export type Operation = Condition['op']
export type Choice = NonNullable<NodeOf<'ask'>['choices']>[number]
export type CardField = Server['CardField']
export type Media = Server['Media']
export type Guide = Server['Guide']
export type Trigger = NonNullable<FlowDefinition['trigger']>
export type HttpTool = Server['HttpToolDefinition']
export type HttpToolShown = Server['HttpToolShown']

export const KINDS: readonly NodeKind[] = ['say', 'ask', 'branch', 'tool', 'card', 'answer', 'hand_over', 'end']
export const SLOT_KINDS = ['text', 'choice', 'number', 'date', 'phone', 'email', 'order_number', 'address', 'yes_no', 'file'] as const satisfies readonly NodeOf<'ask'>['kind'][]
export const FAULTS = ['not_found', 'refused', 'unavailable', 'invalid'] as const
export type ToolFault = (typeof FAULTS)[number]
/** The flows that come with the program, by the names the server knows them under. */
export const SHIPPED = ['order_status', 'logistics', 'change_address', 'return_or_exchange', 'invoice', 'complaint', 'appointment'] as const

/** Where a way leads that was not drawn yet: no node may have this name. */
export const OPEN = 'not_drawn_yet'
/** An entry of the knowledge that was not chosen yet. */
export const NO_ENTRY = '00000000-0000-0000-0000-000000000000'
export const MAX_NODES = 200

export const NAME = /^[a-z][a-z0-9_]{0,39}$/
export const PATH = /^[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){0,5}$/

export const noTrigger = (): Trigger => ({ phrases: {}, not_phrases: {}, intents: [], intent_probability: 0.75, offered: true })
export const triggerOf = (flow: FlowDefinition): Trigger => ({ ...noTrigger(), ...flow.trigger })

/** A flow with a question, a thank-you and an end, so that nobody begins before a white page. */
export function emptyFlow(zh: string, en: string): FlowDefinition {
  const text = (chinese: string, english: string) => ({ zh: chinese, en: english })
  return {
    name: text(zh, en),
    button: text(zh, en),
    description: {},
    trigger: noTrigger(),
    graph: { start: 'hello', nodes: [{ type: 'say', id: 'hello', text: text('', ''), next: 'end' }, { type: 'end', id: 'end', text: null }] },
  }
}
