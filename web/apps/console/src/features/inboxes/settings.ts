/**
 * The settings form of an inbox, made from its channel's manifest: nothing here knows a channel.
 * Values come from the server as they are stored; a field that was never set shows the manifest's default.
 */
import type { Localised, SettingField } from '@/app/wire'

export type SettingValues = Record<string, unknown>
export type LocalisedList = { zh: string[]; en: string[] }
export type SettingProblem = 'colour' | 'origin' | 'number' | 'url' | 'host' | 'json'

/** A value for every field, of the shape its input needs. */
export function valuesOf(fields: readonly SettingField[], stored: SettingValues): SettingValues {
  return Object.fromEntries(fields.map((field) => [field.key, shaped(field, stored[field.key] ?? field.default)]))
}

/** Only what differs from `before`: the server merges it into what it holds. */
export function changesOf(fields: readonly SettingField[], before: SettingValues, after: SettingValues): SettingValues {
  const changed = fields.filter((field) => JSON.stringify(before[field.key]) !== JSON.stringify(after[field.key]))
  return Object.fromEntries(changed.map((field) => [field.key, cleaned(field, after[field.key])]).filter(([, value]) => value !== undefined))
}

export function problemsOf(fields: readonly SettingField[], values: SettingValues): Record<string, SettingProblem> {
  return Object.fromEntries(
    fields.flatMap(({ key, type }) => {
      const problem = CHECKS[type]?.(values[key])
      return problem ? [[key, problem]] : []
    }),
  )
}

const unless = (fits: boolean, problem: SettingProblem): SettingProblem | null => (fits ? null : problem)

/** By the type of a setting: what is wrong with a value. An empty one is never wrong, only missing. */
const CHECKS: Partial<Record<string, (value: unknown) => SettingProblem | null>> = {
  colour: (value) => unless(isColour(value), 'colour'),
  origins: (value) => unless(cleanLines(value).every(isOrigin), 'origin'),
  number: (value) => unless(isEmpty(value) || Number.isFinite(Number(value)), 'number'),
  url: (value) => unless(isEmpty(value) || isUrl(String(value)), 'url'),
  host: (value) => unless(isEmpty(value) || isHost(String(value)), 'host'),
  json: (value) => unless(isEmpty(value) || isJson(String(value)), 'json'),
}

const isEmpty = (value: unknown): boolean => String(value ?? '').trim() === ''

/** http or https with a host; no user name in it. */
export function isUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s/@]+(\/\S*)?$/i.test(text.trim())) return false
  return URL.canParse(text.trim())
}

/** imap.example.com, imap.example.com:993 or [2001:db8::1]:993. */
export function isHost(text: string): boolean {
  const found = /^(?:[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9a-f:]+\])(?::(\d{1,5}))?$/i.exec(text.trim())
  return found !== null && Number(found[1] ?? 1) <= 65_535
}

/** An object or a list, as the server keeps it. */
export function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null
  } catch {
    return false
  }
}

/** What must be given before the inbox can be connected and is not there yet; secrets count when they are set or typed. */
export function missingOf(fields: readonly SettingField[], values: SettingValues, secrets: readonly string[]): SettingField[] {
  return fields.filter((field) => field.required && (field.type === 'secret' ? !secrets.includes(field.key) : isMissing(values[field.key])))
}

function isMissing(value: unknown): boolean {
  if (isRecord(value)) return !Object.values(value).some((part) => !isMissing(part))
  return Array.isArray(value) ? value.length === 0 : isEmpty(value)
}

/** https://shop.example.com, http://localhost:3000, or https://*.example.com; no path. */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:\d{1,5})?$/i.test(text)
}

export const isColour = (value: unknown): value is string => typeof value === 'string' && /^#[0-9a-f]{6}$/i.test(value)

/** WCAG 2.2 contrast ratio of two #rrggbb colours, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** How white text reads on this colour: fine (4.5), large only (3), or the widget will darken it. */
export function contrastGrade(colour: string): 'good' | 'large' | 'low' {
  const ratio = contrast(colour, '#ffffff')
  if (ratio >= 4.5) return 'good'
  return ratio >= 3 ? 'large' : 'low'
}

function luminance(colour: string): number {
  const channel = (start: number): number => {
    const value = parseInt(colour.slice(start, start + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

function shaped(field: SettingField, value: unknown): unknown {
  switch (field.type) {
    case 'localised':
      return { zh: '', en: '', ...(isRecord(value) ? value : {}) } satisfies Localised
    case 'localised_list':
      return listsOf(value)
    case 'origins':
      return Array.isArray(value) ? value.map(String) : []
    case 'switch':
      return value === true
    case 'image':
      return typeof value === 'string' && value ? value : null
    case 'number':
      return typeof value === 'number' ? value : ''
    case 'json':
      return typeof value === 'object' && value !== null ? JSON.stringify(value, null, 2) : ''
    default:
      return typeof value === 'string' ? value : ''
  }
}

function cleaned(field: SettingField, value: unknown): unknown {
  if (field.type === 'origins') return cleanLines(value)
  if (field.type === 'url' || field.type === 'host') return String(value).trim()
  // Nothing is no number and no object: the manifest's default stands again.
  if (field.type === 'number') return isEmpty(value) ? (field.default ?? undefined) : Number(value)
  if (field.type === 'json') return isEmpty(value) ? (field.default ?? {}) : (JSON.parse(String(value)) as unknown)
  if (field.type !== 'localised_list') return value
  const lists = listsOf(value)
  return { zh: cleanLines(lists.zh), en: cleanLines(lists.en) }
}

function listsOf(value: unknown): LocalisedList {
  const given = isRecord(value) ? value : {}
  const list = (key: string): string[] => (Array.isArray(given[key]) ? (given[key] as unknown[]).map(String) : [])
  return { zh: list('zh'), en: list('en') }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function cleanLines(value: unknown): string[] {
  return Array.isArray(value) ? value.map((line) => String(line).trim()).filter(Boolean) : []
}
