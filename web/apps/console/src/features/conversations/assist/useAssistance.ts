/** Help for the open conversation: fetched when the customer writes or the conversation changes hands, given up when another is opened. */
import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { onLive } from '@/app/live'
import type { Assistance, Conversation, Message } from '@/app/wire'
import { writingOf } from '../composer/drafts'
import { takes } from './strip'

export interface Help {
  shown: ShallowRef<Assistance | null>
  /** Something newer waits until the text that is being written is sent or cleared. */
  waiting: ShallowRef<Assistance | null>
  /** Put away with Escape, until the customer asks something else. */
  hidden: Ref<boolean>
  reload: () => void
  showWaiting: () => void
}

const AFTER_MS = 150

export function useAssistance(conversation: () => Conversation, messages: () => readonly Message[]): Help {
  const shown = shallowRef<Assistance | null>(null)
  const waiting = shallowRef<Assistance | null>(null)
  const hidden = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let under: AbortController | null = null

  const spoken = () => messages().findLast((item) => item.kind === 'text' && item.author.kind !== 'bot')?.seq ?? 0
  const writing = () => writingOf(conversation().id).text.trim() !== ''

  function put(next: Assistance): void {
    if (shown.value?.question !== next.question) hidden.value = false
    shown.value = next
    waiting.value = null
  }

  async function load(): Promise<void> {
    under?.abort()
    const mine = new AbortController()
    under = mine
    const path = { conversation_id: conversation().id }
    try {
      const next = await ok(api.GET('/bot/assist/conversations/{conversation_id}', { params: { path }, signal: mine.signal }))
      if (mine.signal.aborted) return
      if (takes(shown.value, next, writing())) put(next)
      else waiting.value = next
    } catch {
      // Help that cannot be had is no trouble to anybody; the next message asks again.
    }
  }

  function reload(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), AFTER_MS)
  }

  watch(() => conversation().id, () => {
    under?.abort()
    shown.value = waiting.value = null
    hidden.value = false
  })
  watch(() => [conversation().id, conversation().status, conversation().assignee_id, spoken()], reload, { immediate: true })
  watch(writing, (now) => {
    if (!now && waiting.value) put(waiting.value)
  })
  onLive('bot.promise_changed.v1', ({ data }) => data.conversation_id === conversation().id && reload())
  onLive('routing.prioritised.v1', ({ data }) => data.id === conversation().id && reload())
  onScopeDispose(() => {
    clearTimeout(timer)
    under?.abort()
  })

  return { shown, waiting, hidden, reload, showWaiting: () => waiting.value && put(waiting.value) }
}
