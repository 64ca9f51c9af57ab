/**
 * The one way from the console to the server.
 *
 * `await ok(api.GET('/contacts/{contact_id}', { params: { path: { contact_id: id } } }))` gives the typed body or throws `Problem`.
 * A 401 anywhere ends the session: `onSignedOut` listeners run once and the router shows the login page.
 */
import createClient from 'openapi-fetch'
import { ref } from 'vue'
import { Problem, problemFrom } from './problem'
import type { Routes } from './routes'
import type { StoredFile } from './wire'

export const API_ROOT = '/api/v1'
const CLIENT_HEADER = { 'X-Qiao-Client': 'console' }

const signedOut = new Set<() => void>()

/** Runs `listener` when the server says that the session is over. Returns the way to stop listening. */
export function onSignedOut(listener: () => void): () => void {
  signedOut.add(listener)
  return () => signedOut.delete(listener)
}

/** Difference server clock − local clock in milliseconds, from the Date header of the latest answer. */
export const serverClock = { offset: 0 }

function noteClock(response: Response): void {
  const date = response.headers.get('Date')
  if (date === null) return
  const offset = Date.parse(date) + 500 - Date.now()
  if (Math.abs(offset - serverClock.offset) > 1_500) serverClock.offset = Math.abs(offset) < 1_500 ? 0 : offset
}

/** The version of the server that answered last; `app/update` compares it with the page's. */
export const serverVersion = ref('')

/** The server's present time in milliseconds since 1970. */
export function serverNow(): number {
  return Date.now() + serverClock.offset
}

async function send(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new Problem({ status: 0, code: 'network.unreachable' })
  }
}

export const api = createClient<Routes>({
  baseUrl: API_ROOT,
  credentials: 'same-origin',
  headers: CLIENT_HEADER,
  fetch: send,
})

api.use({
  async onResponse({ response }) {
    noteClock(response)
    serverVersion.value = response.headers.get('Qiao-Version') ?? serverVersion.value
    if (response.ok) return
    const problem = await problemFrom(response)
    if (problem.code === 'auth.unauthenticated') for (const listener of signedOut) listener()
    throw problem
  },
})

/** The body of an answer; every answer that is not 2xx has already been thrown as `Problem`. */
export async function ok<T>(answer: Promise<{ data?: T }>): Promise<T> {
  return (await answer).data as T
}

/** Sends one multipart form; `fields` may hold a `File`. For uploads that openapi-fetch would turn into JSON. */
export async function postForm<T>(path: string, fields: Record<string, string | Blob>, signal?: AbortSignal): Promise<T> {
  const body = new FormData()
  for (const [name, value] of Object.entries(fields)) body.append(name, value)
  const request = new Request(new URL(API_ROOT + path, location.origin), {
    method: 'POST',
    body,
    headers: CLIENT_HEADER,
    credentials: 'same-origin',
    signal: signal ?? null,
  })
  const response = await send(request)
  if (!response.ok) throw await problemFrom(response)
  return (await response.json()) as T
}

/** Stores one file and gives its record; safe to try again (an orphan is swept by the server). */
export function uploadFile(file: File, signal?: AbortSignal): Promise<StoredFile> {
  return postForm<StoredFile>('/files', { file }, signal)
}
