/** An HTTP tool as the form holds it, and as the server wants it. Pure. */
import type { Server } from '@/app/wire'
import { NAME, type HttpTool, type HttpToolShown } from '../model/shapes'

export type HttpArgument = Server['HttpArgument']
export type HttpResult = Server['HttpResult']
export interface HeaderDraft {
  name: string
  value: string
  secret: boolean
  /** A secret that is kept on the server: its value is not known here. */
  kept: boolean
}
export interface HttpDraft extends Omit<HttpTool, 'headers' | 'arguments' | 'results' | 'description'> {
  description: Record<string, string>
  headers: HeaderDraft[]
  arguments: HttpArgument[]
  results: HttpResult[]
}
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const HEADER = /^[A-Za-z][A-Za-z0-9-]{0,60}$/
const RESULT = /^[A-Za-z0-9_]{1,60}(\.[A-Za-z0-9_]{1,60}){0,7}$/
const HOST = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/
const PLACE = /\{([a-z][a-z0-9_]{0,39})\}/g

export function draftOf(shown: HttpToolShown | null): HttpDraft {
  const tool = shown?.definition
  return {
    name: tool?.name ?? '',
    title: { zh: '', en: '', ...tool?.title },
    description: { ...tool?.description },
    url: tool?.url ?? 'https://',
    method: tool?.method ?? 'GET',
    writes: tool?.writes ?? false,
    arguments: (tool?.arguments ?? []).map((one) => ({ ...one, description: { ...one.description } })),
    results: (tool?.results ?? []).map((one) => ({ ...one })),
    headers: [
      ...Object.entries(tool?.headers ?? {}).map(([name, value]) => ({ name, value, secret: false, kept: false })),
      ...(shown?.secret_headers ?? []).map((name) => ({ name, value: '', secret: true, kept: true })),
    ],
  }
}

/** What is sent. Secrets that were not typed again stay; those that are gone are taken away. */
export function bodyOf(draft: HttpDraft, before: HttpToolShown | null): Server['SavedHttpTool'] {
  const { headers, ...rest } = draft
  const named = headers.filter((header) => header.name.trim())
  const given = named.filter((header) => header.secret && header.value).map(({ name, value }) => [name.trim(), value])
  const gone = before?.secret_headers?.filter((name) => !named.some((header) => header.secret && header.name.trim() === name)) ?? []
  const secrets: Record<string, string | null> = Object.fromEntries([...given, ...gone.map((name) => [name, null])])
  return {
    definition: { ...rest, url: rest.url.trim(), headers: Object.fromEntries(named.filter((header) => !header.secret).map(({ name, value }) => [name.trim(), value])) },
    ...(Object.keys(secrets).length ? { secrets } : {}),
  }
}

export type Part = 'name' | 'title' | 'url' | 'host' | 'places' | 'headers' | 'arguments' | 'results'

/** Parts of the form that the server would refuse. */
export function problemsOf(draft: HttpDraft, hosts: readonly string[]): Set<Part> {
  const found = new Set<Part>()
  const names = draft.arguments.map((one) => one.name)
  const places = new Set([...draft.url.matchAll(PLACE)].map((match) => match[1]!))
  const inUrl = draft.arguments.filter((one) => one.where === 'url').map((one) => one.name)
  const host = hostOf(draft.url)
  if (!NAME.test(draft.name)) found.add('name')
  if (!draft.title['zh']?.trim() || !draft.title['en']?.trim()) found.add('title')
  if (!/^https?:\/\//.test(draft.url) || !host) found.add('url')
  else if (!hosts.includes(host)) found.add('host')
  if (places.size !== inUrl.length || inUrl.some((name) => !places.has(name))) found.add('places')
  if (draft.headers.some((header) => header.name.trim() !== '' && !HEADER.test(header.name.trim()))) found.add('headers')
  if (names.some((name) => !NAME.test(name)) || new Set(names).size !== names.length) found.add('arguments')
  if (draft.results.some((one) => !NAME.test(one.name) || !RESULT.test(one.path))) found.add('results')
  return found
}

/** The host of an address or of what stands for one, as the list writes it; empty when it is none. */
export function hostOf(text: string): string {
  const trimmed = text.trim().toLowerCase()
  const host = trimmed.replace(/^[a-z]+:\/\//, '').replace(/[/?#].*$/, '')
  return HOST.test(host) ? host : ''
}
