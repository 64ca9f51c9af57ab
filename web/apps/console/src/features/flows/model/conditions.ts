/** Values of conditions as a form holds them. Pure. */
import type { Condition, Operation } from './shapes'
import type { Slot } from './slots'

export type ValueKind = 'text' | 'number' | 'yes_no'

/** What is compared with: what the slot holds, else what is written already. */
export function valueKind(condition: Condition, slot: Slot | undefined): ValueKind {
  if (slot?.type === 'yes_no') return 'yes_no'
  if (slot?.type === 'number') return 'number'
  if (slot && slot.type !== 'unknown' && slot.type !== 'object') return 'text'
  const value = Array.isArray(condition.value) ? condition.value[0] : condition.value
  if (typeof value === 'boolean') return 'yes_no'
  return typeof value === 'number' ? 'number' : 'text'
}

function one(text: string, kind: ValueKind): string | number | boolean {
  if (kind === 'yes_no') return text === 'true'
  const number = Number(text)
  return kind === 'number' && text.trim() !== '' && Number.isFinite(number) ? number : text
}

/** What was written, as the condition holds it; several values are parted by commas of either script. */
export function typed(text: string, kind: ValueKind, op: Operation): NonNullable<Condition['value']> {
  if (op !== 'in') return one(text, kind)
  return text.split(/[,，、]/).map((part) => part.trim()).filter(Boolean).map((part) => one(part, kind))
}

/** The same condition with another comparison, its value in the form that this one needs. */
export function withOperation(condition: Condition, op: Operation): Condition {
  const { value, ...rest } = condition
  if (op === 'filled' || op === 'empty') return { ...rest, op }
  const first = Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
  return { ...rest, op, value: op === 'in' ? (Array.isArray(value) ? value : value === null || value === undefined || value === '' ? [] : [value]) : first }
}
