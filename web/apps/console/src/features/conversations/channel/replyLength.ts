/** As how many messages, and parts of short messages, a text would go: asked of the server, which cuts and counts by one rule. */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import type { Id, Server } from '@/app/wire'

export type ReplyLength = Server['ReplyLength']
export interface Asked {
  conversationId: Id
  text: string
  wanted: boolean
}
const PAUSE_MS = 200

/** What was told last stands until the next answer; nothing, where nothing is asked. A late answer never overwrites a newer one. */
export function useReplyLength(asked: () => Asked): ShallowRef<ReplyLength | null> {
  const told = shallowRef<ReplyLength | null>(null)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask({ conversationId, text }: Asked, mine: number): Promise<void> {
    const params = { path: { conversation_id: conversationId } }
    const found = await ok(api.POST('/conversations/{conversation_id}/reply-length', { params, body: { text } })).catch(() => null)
    if (mine === turn) told.value = found
  }

  watch(
    () => [asked().conversationId, asked().text, asked().wanted] as const,
    ([id], before) => {
      const [now, mine] = [asked(), ++turn]
      clearTimeout(timer)
      if (id !== before?.[0] || !now.wanted || !now.text) told.value = null
      if (now.wanted && now.text) timer = setTimeout(() => void ask(now, mine), PAUSE_MS)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    turn += 1
    clearTimeout(timer)
  })
  return told
}
