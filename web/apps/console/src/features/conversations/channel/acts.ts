/** What can be done with a message at its provider: by the channel's capabilities, whose the message is, and what was done. Pure. */
import type { Channel, Message } from '@/app/wire'
import { besideOf } from './reading'

export type Act = 'recall' | 'hide' | 'show' | 'delete' | 'private'

const BY_CAPABILITY: [capability: string, acts: Act[]][] = [
  ['recall', ['recall']],
  ['moderation', ['hide', 'show', 'delete']],
  ['private_reply', ['private']],
]

/** Everything the channel offers at all. */
export const actsOf = (channel: Pick<Channel, 'capabilities'> | undefined): Act[] =>
  BY_CAPABILITY.flatMap(([capability, acts]) => (channel?.capabilities.includes(capability) ? acts : []))

/** What can be done with this one. `isPublic`: it stands in a public thread; `gone`: the provider has it (or had it and it was sent). */
export function actsWith(message: Pick<Message, 'content' | 'author' | 'kind'>, channel: Pick<Channel, 'capabilities'> | undefined, { isPublic, sent }: { isPublic: boolean; sent: boolean }): Act[] {
  const beside = besideOf(message)
  if (message.kind !== 'text' || beside?.recalled || beside?.deleted) return []
  const fits: Record<Act, boolean> = {
    recall: message.author.kind !== 'contact' && sent,
    hide: isPublic && message.author.kind === 'contact' && !beside?.hidden,
    show: isPublic && message.author.kind === 'contact' && beside?.hidden === true,
    delete: isPublic && (message.author.kind === 'contact' || sent),
    private: isPublic && message.author.kind === 'contact',
  }
  return actsOf(channel).filter((act) => fits[act])
}
