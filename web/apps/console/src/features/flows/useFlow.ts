/**
 * One flow in the editor: its draft with every step taken back and again, saved by itself, and what is wrong with it.
 * When somebody else saved meanwhile, both sides' changes are brought together; where they clash the editor is asked.
 */
import { computed, inject, onScopeDispose, provide, ref, shallowRef, watch, type ComputedRef, type InjectionKey, type Ref, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { translate } from '@/app/i18n'
import { Problem } from '@/app/problem'
import { toast, toastProblem } from '@/app/toasts'
import { useAutosave, type SaveState } from '@/features/knowledge/autosave'
import { isSame, merged, type Clash } from './model/difference'
import { byId } from './model/edges'
import { removed, replaced } from './model/editing'
import { useHistory } from './model/history'
import { numbersOf } from './model/outline'
import type { FlowBrief, FlowDefinition, FlowFault, FlowNode, FlowOpened, FlowState, Graph, ToolSpec } from './model/shapes'
import { slotsIn, type Slot } from './model/slots'

export interface Clashing {
  theirs: FlowOpened
  clashes: Clash[]
}
export interface FlowEditor {
  id: string
  writable: boolean
  draft: ShallowRef<FlowDefinition>
  graph: ComputedRef<Graph>
  nodes: ComputedRef<Map<string, FlowNode>>
  numbers: ComputedRef<Map<string, number>>
  slots: ComputedRef<Slot[]>
  tools: ShallowRef<readonly ToolSpec[]>
  brief: ShallowRef<FlowBrief>
  faults: ShallowRef<readonly FlowFault[]>
  selected: Ref<string | null>
  saving: Ref<SaveState>
  clashing: ShallowRef<Clashing | null>
  /** What a trial went through, to be shown in the drawing. */
  trial: ShallowRef<FlowState | null>
  canUndo: ComputedRef<boolean>
  canRedo: ComputedRef<boolean>
  undo: () => void
  redo: () => void
  change: (next: FlowDefinition, field?: string) => void
  changeGraph: (next: Graph, field?: string) => void
  changeNode: (next: FlowNode, field?: string) => void
  remove: (id: string) => void
  settle: (prefer: 'mine' | 'theirs') => void
  /** What is typed is on the server when this resolves; throws when it could not be. */
  flush: () => Promise<void>
  /** The server's state after something else than saving: publishing, switching on or off. */
  took: (opened: FlowOpened) => void
}

const KEY: InjectionKey<FlowEditor> = Symbol('flow')

export function useFlow(): FlowEditor {
  const editor = inject(KEY)
  if (!editor) throw new Error('outside a flow editor')
  return editor
}

export function provideFlow(opened: FlowOpened, tools: readonly ToolSpec[], writable: boolean): FlowEditor {
  const id = opened.flow.id
  const history = useHistory(opened.draft)
  const draft = history.now
  const saved = shallowRef(opened.draft)
  const revision = ref(opened.revision)
  const brief = shallowRef(opened.flow)
  const faults = shallowRef<readonly FlowFault[]>(opened.faults)
  const selected = ref<string | null>(null)
  const clashing = shallowRef<Clashing | null>(null)
  const trial = shallowRef<FlowState | null>(null)
  const graph = computed(() => draft.value.graph)
  const nodes = computed(() => byId(graph.value))
  const path = { flow_id: id }

  function took(next: FlowOpened): void {
    revision.value = next.revision
    brief.value = next.flow
    faults.value = next.faults
  }
  async function save(): Promise<void> {
    const sent = draft.value
    if (clashing.value || isSame(sent, saved.value)) return
    try {
      took(await ok(api.PATCH('/bot/flows/{flow_id}', { params: { path }, body: { draft: sent, revision: revision.value } })))
      saved.value = sent
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'bot.flow_changed') throw error
      meet(await ok(api.GET('/bot/flows/{flow_id}', { params: { path } })))
    }
  }
  const autosave = useAutosave(save)
  watch(draft, () => writable && autosave.touch())

  /** Somebody else saved: what does not clash is brought together at once. */
  function meet(theirs: FlowOpened): void {
    const { flow, clashes } = merged(saved.value, draft.value, theirs.draft)
    if (clashes.length) {
      clashing.value = { theirs, clashes }
      return
    }
    join(flow, theirs)
    toast(translate('flows.save.merged'), { tone: 'good', life: 8_000 })
  }
  function join(flow: FlowDefinition, theirs: FlowOpened): void {
    took(theirs)
    saved.value = theirs.draft
    history.change(flow)
    autosave.touch()
  }
  function settle(prefer: 'mine' | 'theirs'): void {
    const held = clashing.value
    if (!held) return
    clashing.value = null
    join(merged(saved.value, draft.value, held.theirs.draft, prefer).flow, held.theirs)
  }

  const changeGraph = (next: Graph, field?: string): void => history.change({ ...draft.value, graph: next }, field)
  function remove(node: string): void {
    if (graph.value.nodes.length < 2) return
    const number = numbersOf(graph.value).get(node)
    changeGraph(removed(graph.value, node))
    if (selected.value === node) selected.value = null
    toast(translate('flows.step.removed', { number }), { action: { label: translate('flows.undo'), run: history.undo } })
  }
  async function flush(): Promise<void> {
    await autosave.flush()
    // What was changed while a save was on its way waits for the next one.
    if (!isSame(draft.value, saved.value)) {
      autosave.touch()
      await autosave.flush()
    }
    if (clashing.value) throw new Problem({ status: 409, code: 'bot.flow_changed' })
  }
  const leaving = (event: BeforeUnloadEvent): void => {
    if (writable && !isSame(draft.value, saved.value)) {
      void flush().catch(toastProblem)
      event.preventDefault()
    }
  }
  window.addEventListener('beforeunload', leaving)
  onScopeDispose(() => window.removeEventListener('beforeunload', leaving))

  const toolRef = shallowRef(tools)
  const editor: FlowEditor = {
    id, writable, draft, graph, nodes, brief, faults, selected, clashing, trial, changeGraph, remove, settle, flush, took,
    numbers: computed(() => numbersOf(graph.value)),
    slots: computed(() => slotsIn(graph.value, toolRef.value)),
    tools: toolRef,
    saving: autosave.state,
    canUndo: history.canUndo,
    canRedo: history.canRedo,
    undo: history.undo,
    redo: history.redo,
    change: history.change,
    changeNode: (next, field) => changeGraph(replaced(graph.value, next), field && `${next.id}.${field}`),
  }
  provide(KEY, editor)
  return editor
}
