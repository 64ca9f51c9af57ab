/** Says new messages of the customer to screen readers: politely, and at most once in five seconds. */
import { onScopeDispose, ref, watch, type Ref } from 'vue'
import { translate } from '@/app/i18n'
import type { Message } from '@/app/wire'

const EVERY_MS = 5_000

export function useAnnouncer(messages: Readonly<Ref<readonly Message[]>>): { announcement: Ref<string> } {
  const announcement = ref('')
  let waiting: Message[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  let said = 0

  function say(): void {
    timer = undefined
    said = Date.now()
    const last = waiting.at(-1)
    if (!last) return
    const name = last.author.name ?? translate('conversations.visitor')
    announcement.value =
      waiting.length === 1
        ? translate('conversations.announce_one', { name, text: last.text })
        : translate('conversations.announce_many', { name, count: waiting.length, text: last.text })
    waiting = []
  }

  watch(messages, (next, before) => {
    const seen = before.at(-1)?.seq
    if (seen === undefined) return
    waiting.push(...next.filter((message) => message.seq > seen && message.author.kind === 'contact'))
    if (waiting.length > 0) timer ??= setTimeout(say, Math.max(0, said + EVERY_MS - Date.now()))
  })
  onScopeDispose(() => clearTimeout(timer))
  return { announcement }
}
