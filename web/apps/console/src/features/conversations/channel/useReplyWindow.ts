/** The reply window of the open conversation: asked for anew whenever somebody wrote or a reply went, and shut here on time. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { api, ok, serverNow } from '@/app/api'
import { nowMinute } from '@/app/clock'
import { conversations } from '@/app/conversations'
import { useInboxes } from '@/app/inboxes'
import { onLive } from '@/app/live'
import type { Channel, Conversation, ReplyWindow } from '@/app/wire'
import { lookOf, takesReplies, type WindowLook } from './window'

export interface ComposerChannel {
  channel: ComputedRef<Channel | undefined>
  /** Null: nothing is known yet, or the customers of this channel can always be written to. */
  look: ComputedRef<WindowLook | null>
  /** A reply as such would not go. */
  shut: ComputedRef<boolean>
  /** The person marks the reply as their own. */
  tagged: Ref<boolean>
}

export function useComposerChannel(conversation: () => Conversation): ComposerChannel {
  const { channelOf } = useInboxes()
  const channel = computed(() => channelOf(conversation().inbox_id))
  const asks = computed(() => channel.value !== undefined && !channel.value.capabilities.includes('live'))
  const window = shallowRef<ReplyWindow | null>(null)
  const tagged = ref(false)
  let turn = 0

  async function load(): Promise<void> {
    const mine = ++turn
    if (!asks.value) return
    const path = { conversation_id: conversation().id }
    const found = await ok(api.GET('/conversations/{conversation_id}/reply-window', { params: { path } })).catch(() => null)
    if (mine === turn && found) window.value = found
  }

  watch(() => conversation().id, () => {
    window.value = null
    tagged.value = false
  })
  watch([() => conversation().id, asks, () => conversations.value.threads.get(conversation().id)?.items.at(-1)?.seq], () => void load(), { immediate: true })
  onLive('delivery.changed.v1', ({ data }) => {
    if (data.conversation_id === conversation().id) void load()
  })
  for (const name of ['inboxes.broken.v1', 'inboxes.mended.v1'] as const) {
    onLive(name, ({ data }) => {
      if (data.inbox_id === conversation().inbox_id) void load()
    })
  }

  const look = computed(() => {
    // The minute makes the window shut by itself.
    void nowMinute.value
    return window.value && asks.value ? lookOf(window.value, serverNow()) : null
  })
  return { channel, look, tagged, shut: computed(() => look.value !== null && !takesReplies(look.value)) }
}
