/** How a flow stands, in one word. */
import type { FlowBrief } from './model/shapes'

export type State = 'draft' | 'published' | 'changed' | 'disabled'

export function stateOf(flow: Pick<FlowBrief, 'published' | 'enabled' | 'changed'>): State {
  if (!flow.published) return 'draft'
  if (!flow.enabled) return 'disabled'
  return flow.changed ? 'changed' : 'published'
}
