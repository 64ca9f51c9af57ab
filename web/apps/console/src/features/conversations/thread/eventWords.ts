/** One line of words for what happened to a conversation. */
import { i18n, translate } from '@/app/i18n'
import { personName } from '@/app/people'
import type { Id, Message } from '@/app/wire'
import { momentWords } from '../momentWords'

type Facts = Record<string, unknown>

const text = (facts: Facts, ...keys: string[]): string => {
  const key = keys.find((name) => typeof facts[name] === 'string' && facts[name] !== '')
  return key ? String(facts[key]) : ''
}

function recipient(facts: Facts): string {
  const name = text(facts, 'to')
  return name === 'bot' ? translate('conversations.bot') : name || personName(text(facts, 'to_id') as Id) || ''
}

function until(facts: Facts): string {
  const at = text(facts, 'until', 'snoozed_until')
  return at ? momentWords(at) : ''
}

function promised(facts: Facts): string {
  const due = text(facts, 'due')
  const phone = text(facts, 'phone')
  if (!due) return ''
  return translate(`conversations.promise_${phone ? 'call' : 'message'}`, { due: momentWords(due), phone })
}

/** "Wang Fang transferred this to Li Xiang". Falls back to the sentence without a name when the name is not known. */
export function eventWords(message: Message): string {
  if (message.content?.type !== 'event') return message.text
  const { event, data } = message.content
  const name = recipient(data)
  // Who takes a conversation is not "given" it.
  const by = text(data, 'by')
  const taken = by !== '' && by === name
  const facts = {
    by,
    name,
    team: text(data, 'team'),
    until: until(data),
    what: promised(data),
    tags: Array.isArray(data['tags']) ? data['tags'].join(translate('conversations.comma')) : '',
    ref: text(data, 'ref'),
    number: String(data['number'] ?? ''),
    rating: text(data, 'rating') || String(data['rating'] ?? ''),
  }
  const named = taken ? '' : name ? '_to' : facts.team ? '_team' : ''
  const keys = [`${event}${named}${by ? '_by' : ''}`, `${event}${named}`, `${event}${by ? '_by' : ''}`, event]
  const key = keys.map((name) => `conversations.event.${name}`).find((name) => i18n.global.te(name))
  const reason = text(data, 'reason')
  const why = reason && i18n.global.te(`conversations.reason.${reason}`) ? translate(`conversations.reason.${reason}`) : ''
  const sentence = key ? translate(key, facts) : event
  return why && event === 'handed_over' ? translate('conversations.event_because', { sentence, why }) : sentence
}
