/** The typed door to the server: paths and shapes come from `schema.gen.ts`, which `./dev gen` writes. */
import createClient, { type Client } from 'openapi-fetch'
import type { paths } from './schema.gen'

export type { components, operations, paths } from './schema.gen'
export type QiaoClient = Client<paths>

/** What the server answers when it refuses: RFC 9457 with the stable `code` that the faces translate. */
export interface Problem {
  type?: string
  title?: string
  status: number
  detail?: string
  code: string
  details?: Record<string, unknown>
}

/** `baseUrl` is an origin, or empty for the page's own. Cookies travel only to our own origin. */
export function createQiaoClient(baseUrl = ''): QiaoClient {
  return createClient<paths>({ baseUrl, credentials: 'same-origin' })
}

/** Reads a refusal of any shape as a Problem, so that callers need one branch. */
export function asProblem(error: unknown, status = 0): Problem {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return { status, ...error } as Problem
  }
  return { status, code: status ? 'http.unexpected' : 'network.unreachable' }
}
