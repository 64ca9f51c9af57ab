/** An entry of the audit log as a sentence, and what it changed as rows: pure, words and names are handed in. */
import type { AuditEntry, Id, Localised } from '@/app/wire'

export type Say = (key: string, named?: Record<string, unknown>) => string
export interface Words {
  t: Say
  te: (key: string) => boolean
  /** The name of a person, team or inbox; null when nobody knows it any more. */
  nameOf: (id: Id) => string | null
  localised: (text: Localised) => string
}
export interface ChangeRow {
  field: string
  label: string
  /** Null: the value is a secret and was changed. */
  before: string | null
  after: string
}

/** Kinds to choose from → the beginning of their actions' names. */
export const KINDS = {
  all: '',
  people_sign: 'people.sign',
  people: 'people.',
  inboxes: 'inboxes.',
  routing: 'routing.',
  bot: 'bot.',
  knowledge: 'knowledge.',
  webhooks: 'webhooks.',
  commerce: 'commerce.',
  workspace: 'workspace.',
  audit: 'audit.',
  installation: 'installation.',
} as const
export type Kind = keyof typeof KINDS

/** What the program puts in the place of a secret's value. */
const SECRET = 'changed'
const SECRETS = /secret|header|key|token|password/
const asText = (value: unknown): string => (typeof value === 'string' ? value : '')

function whoOf(entry: AuditEntry, { t, nameOf }: Words): string {
  const program = asText(entry.detail['program'])
  if (program) return t('audit.program', { name: program })
  if (!entry.actor_id) return t('audit.nobody')
  return nameOf(entry.actor_id) ?? t('audit.gone')
}

/** “Zimo changed the inbox “Shop””. An action that is not known here is told by its name. */
export function sentenceOf(entry: AuditEntry, words: Words): string {
  const { t, te, nameOf, localised } = words
  const called = entry.detail['name']
  const name = asText(called) || (called ? localised(called as Localised) : '') || nameOf(entry.subject) || asText(entry.detail['email'])
  const what = name ? t('audit.quoted', { name }) : ''
  const key = `audit.told.${entry.action.replace('.', '_')}`
  return t(te(key) ? key : 'audit.told.other', { who: whoOf(entry, words), what, count: entry.detail['tries'] ?? '', action: entry.action })
}

/** Where it came from and why, for beneath the sentence. */
export function noteOf(entry: AuditEntry, { t, te }: Words): string[] {
  const reason = `audit.reasons.${asText(entry.detail['reason'])}`
  const many = entry.action === 'people.sign_ins_refused' && !entry.source
  const from = entry.source ? t('audit.from', { address: entry.source }) : many ? t('audit.many_addresses') : ''
  return [te(reason) ? t(reason) : asText(entry.detail['reason']), from].filter(Boolean)
}

function valueOf(value: unknown, { t, nameOf }: Words): string {
  if (value === true || value === false) return t(value ? 'audit.yes' : 'audit.no')
  if (value === null || value === undefined || value === '' || value === '[]' || value === '{}') return t('audit.empty_value')
  if (typeof value !== 'string') return String(value)
  if (!value.startsWith('["')) return nameOf(value) ?? value
  try {
    return (JSON.parse(value) as string[]).map((one) => nameOf(one) ?? one).join(t('keys.comma'))
  } catch {
    return value
  }
}

/** What is called how, and what it was and is. */
export function changesOf(entry: AuditEntry, words: Words): ChangeRow[] {
  const { t, te } = words
  const changes = (entry.detail['changes'] ?? {}) as Record<string, { before: unknown; after: unknown }>
  return Object.entries(changes).map(([field, { before, after }]) => {
    const [first = field, ...rest] = field.split('.')
    const known = te(`audit.fields.${first}`) ? t(`audit.fields.${first}`) : first
    const secret = before === SECRET && after === SECRET
    return {
      field,
      label: secret && !SECRETS.test(first) ? field : [known, ...rest.map((part) => (te(`audit.fields.${part}`) ? t(`audit.fields.${part}`) : part))].join(' › '),
      before: secret ? null : valueOf(before, words),
      after: secret ? t('audit.secret') : valueOf(after, words),
    }
  })
}
