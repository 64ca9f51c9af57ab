/** A fault of a flow in words that say what to do. */
import { translate } from '@/app/i18n'
import type { FlowFault } from './model/shapes'
import { slotName } from './words'
import type { Slot } from './model/slots'

/** Fields as the form calls them, by the first part of their path. */
const FIELDS: Record<string, string> = {
  text: 'text', prompt: 'question', again: 'again', label: 'label', choices: 'choices', listed: 'listed_label', title: 'title', status: 'status', fields: 'fields',
  rows: 'rows', link_text: 'link_text', link: 'link', reason: 'reason', summary: 'summary', arguments: 'arguments', cases: 'branch', pattern: 'pattern',
}

export function fieldName(field: string): string {
  const [first = ''] = field.split('.')
  if (first === 'name' || first === 'button') return translate(`flows.start.${first}`)
  if (first === 'guide' || first === 'media') return translate(`flows.${field}`)
  return FIELDS[first] ? translate(`flows.form.${FIELDS[first]}`) : field
}

export function faultWords(fault: FlowFault, slots: readonly Slot[]): string {
  const language = fault.code === 'missing_language' ? translate(`flows.languages.${fault.detail === 'en' ? 'en' : 'zh'}`) : ''
  const way = fault.code === 'dangling_edge' ? wayWords(fault.field) : ''
  return translate(`flows.fault.${fault.code}`, { field: fieldName(fault.field), detail: fault.code === 'unknown_slot' || fault.code === 'slot_in_guide' ? slotName(fault.detail, slots) : fault.detail, language, way })
}

function wayWords(field: string): string {
  if (field.startsWith('cases.')) return translate('flows.form.case', { number: Number(field.slice('cases.'.length)) + 1 })
  if (field.startsWith('choices.')) return translate('flows.choice.number', { number: Number(field.slice('choices.'.length)) + 1 })
  if (field.startsWith('errors.')) return translate(`flows.faults.${field.slice('errors.'.length)}`)
  return translate(field === 'next' ? 'flows.edges.next' : `flows.edges.${field}`)
}
