/** One line of words for what happened to a conversation. */
import { formatExact } from '@qiao/i18n'
import { currentLocale, i18n, localised, translate } from '@/app/i18n'
import { personName, usePeople } from '@/app/people'
import type { Id, Localised, Message } from '@/app/wire'

type Facts = Record<string, unknown>

const text = (facts: Facts, ...keys: string[]): string => {
  const key = keys.find((name) => typeof facts[name] === 'string' && facts[name] !== '')
  return key ? String(facts[key]) : ''
}

function who(facts: Facts, kind: 'by' | 'assignee'): string {
  const keys = kind === 'by' ? ['by_id', 'person_id', 'actor_id'] : ['assignee_id', 'to_person_id', 'person_id', 'to_id']
  const names = kind === 'by' ? ['by_name', 'person_name', 'actor_name'] : ['assignee_name', 'to_name', 'person_name']
  return text(facts, ...names) || personName(text(facts, ...keys) as Id) || ''
}

function teamName(facts: Facts): string {
  const given = facts['team_name']
  if (typeof given === 'string') return given
  if (typeof given === 'object' && given !== null) return localised(given as Localised)
  return localised(usePeople().teamById(text(facts, 'team_id', 'to_team_id'))?.name)
}

function until(facts: Facts): string {
  const at = text(facts, 'until', 'snoozed_until')
  return at ? formatExact(at, currentLocale()) : ''
}

/** "Wang Fang transferred this to Li Xiang". Falls back to the sentence without a name when the name is not known. */
export function eventWords(message: Message): string {
  if (message.content?.type !== 'event') return message.text
  const { event, data } = message.content
  const by = who(data, 'by') || (message.author.kind === 'agent' ? (message.author.name ?? '') : '')
  const facts = {
    by,
    name: who(data, 'assignee'),
    team: teamName(data),
    until: until(data),
    tags: Array.isArray(data['tags']) ? data['tags'].join(translate('conversations.comma')) : '',
    rating: text(data, 'rating') || String(data['score'] ?? ''),
  }
  const named = facts.name ? '_to' : facts.team ? '_team' : ''
  const keys = [`${event}${named}${by ? '_by' : ''}`, `${event}${named}`, `${event}${by ? '_by' : ''}`, event]
  const key = keys.map((name) => `conversations.event.${name}`).find((name) => i18n.global.te(name))
  const reason = text(data, 'reason')
  const why = reason && i18n.global.te(`conversations.reason.${reason}`) ? translate(`conversations.reason.${reason}`) : ''
  const sentence = key ? translate(key, facts) : event
  return why && event === 'handed_over' ? translate('conversations.event_because', { sentence, why }) : sentence
}
