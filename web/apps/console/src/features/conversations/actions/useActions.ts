/** What an agent can do to the open conversation, each with its busy mark, its words and its failure. */
import { ref, type Ref } from 'vue'
import { actions, loadThread } from '@/app/conversations'
import { translate } from '@/app/i18n'
import { personName } from '@/app/people'
import { Problem } from '@/app/problem'
import { toast, toastProblem } from '@/app/toasts'
import type { Conversation, Id } from '@/app/wire'

export type ActionName = 'claim' | 'resolve' | 'reopen' | 'handToBot' | 'snooze' | 'transfer' | 'tags' | 'ticket' | 'summarise' | 'resolveSummary'

export interface Actions {
  busy: Ref<ActionName | null>
  /** Runs one action; true when the server did it. */
  run: (name: ActionName, id: Id, work: () => Promise<Conversation>) => Promise<boolean>
  resolve: (id: Id) => Promise<boolean>
  claim: (id: Id) => Promise<boolean>
  reopen: (id: Id) => Promise<boolean>
  handToBot: (id: Id) => Promise<boolean>
  snooze: (id: Id, until: Date) => Promise<boolean>
}

function sayFailure(error: unknown, id: Id): void {
  if (error instanceof Problem && error.code === 'conversations.taken') {
    const name = personName(String(error.details['assignee_id'] ?? '')) ?? translate('conversations.somebody')
    toast(translate('conversations.taken_by', { name }), { tone: 'urgent', life: 8_000 })
    void loadThread(id).catch(() => undefined)
    return
  }
  toastProblem(error)
}

export function useActions(): Actions {
  const busy = ref<ActionName | null>(null)

  async function run(name: ActionName, id: Id, work: () => Promise<Conversation>): Promise<boolean> {
    if (busy.value !== null) return false
    busy.value = name
    try {
      await work()
      return true
    } catch (error) {
      sayFailure(error, id)
      return false
    } finally {
      busy.value = null
    }
  }

  async function resolve(id: Id): Promise<boolean> {
    const done = await run('resolve', id, () => actions.resolve(id))
    const undo = () => void actions.reopen(id).catch(toastProblem)
    if (done) toast(translate('conversations.resolved'), { tone: 'good', action: { label: translate('conversations.undo'), run: undo } })
    return done
  }

  return {
    busy,
    run,
    resolve,
    claim: (id) => run('claim', id, () => actions.claim(id)),
    reopen: (id) => run('reopen', id, () => actions.reopen(id)),
    handToBot: (id) => run('handToBot', id, () => actions.handToBot(id)),
    snooze: (id, until) => run('snooze', id, () => actions.snooze(id, until)),
  }
}
