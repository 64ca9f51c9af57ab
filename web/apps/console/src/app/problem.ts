/** What went wrong, as the server states it (application/problem+json), and how it is said to a person. */

export interface ProblemFields {
  status: number
  code: string
  detail?: string
  fields?: Record<string, string>
  details?: Record<string, unknown>
}

export class Problem extends Error {
  readonly status: number
  readonly code: string
  readonly fields: Record<string, string>
  readonly details: Record<string, unknown>

  constructor({ status, code, detail, fields, details }: ProblemFields) {
    super(detail ?? code)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.fields = fields ?? {}
    this.details = details ?? {}
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

/** Reads a failed answer; anything that is not a problem document becomes `http.<status>`. */
export async function problemFrom(response: Response): Promise<Problem> {
  const body = asRecord(await response.json().catch(() => null))
  const { code, detail, fields, type: _type, title: _title, status: _status, ...details } = body
  const retryAfter = response.headers.get('Retry-After')
  return new Problem({
    status: response.status,
    code: typeof code === 'string' ? code : `http.${response.status}`,
    detail: typeof detail === 'string' ? detail : undefined,
    fields: asRecord(fields) as Record<string, string>,
    details: retryAfter === null ? details : { ...details, retry_after: Number(retryAfter) },
  })
}

export interface Translator {
  t: (key: string, named: Record<string, unknown>) => string
  te: (key: string) => boolean
}

/** The catalogue key of a code: dots become underscores, since a dot means nesting in a catalogue. */
export function problemKey(code: string): string {
  return `problems.${code.replaceAll('.', '_')}`
}

/** One sentence in the reader's language: the code's own, else one for the kind of failure. Never the raw detail. */
export function problemText(error: unknown, { t, te }: Translator): string {
  if (!(error instanceof Problem)) return t('problems.unknown', {})
  const own = problemKey(error.code)
  if (te(own)) return t(own, error.details)
  if (error.status === 0) return t('problems.network_unreachable', {})
  if (error.status === 403) return t('problems.forbidden', {})
  if (error.status >= 500) return t('problems.server', {})
  return t('problems.unknown', {})
}
