/** What may be imported, how far it is, and how its report is told. */
import type { Import, ImportProblem } from '@/app/wire'

export const ACCEPTED = ['.md', '.zip', '.csv', '.xlsx', '.html', '.docx', '.pdf'] as const
export const LARGEST_MB = 50

export type FileProblem = 'wrong_type' | 'too_big'

export function fileProblem(file: Pick<File, 'name' | 'size'>): FileProblem | null {
  const name = file.name.toLowerCase()
  if (!ACCEPTED.some((ending) => name.endsWith(ending)) && !name.endsWith('.htm')) return 'wrong_type'
  return file.size > LARGEST_MB * 1024 * 1024 ? 'too_big' : null
}

export const isRunning = (one: Pick<Import, 'status'>): boolean => one.status === 'queued' || one.status === 'running'

/** The state that is further along: events and answers may cross on the way. */
export function further<T extends Import>(known: T, news: Import): T {
  if (isRunning(news) && (!isRunning(known) || news.done < known.done)) return known
  return { ...known, ...news }
}

const KNOWN_CODES = new Set([
  'empty_answer', 'empty_question', 'duplicate', 'too_long', 'no_text', 'unreadable', 'too_large', 'unknown_format', 'missing_column', 'bad_language',
])

/** The catalogue key of a problem's reason: "knowledge.import.duplicate" is `duplicate`; unknown ones are `other`. */
export function reasonKey(code: string): string {
  const last = code.slice(code.lastIndexOf('.') + 1)
  return KNOWN_CODES.has(last) ? last : 'other'
}

/** The report as rows, with a heading. `reason` translates. */
export function reportRows(problems: readonly ImportProblem[], heading: readonly [string, string], reason: (problem: ImportProblem) => string): string[][] {
  return [[...heading], ...problems.map((problem) => [problem.source, reason(problem)])]
}

export const TEMPLATE_COLUMNS = ['question', 'answer', 'variants', 'category', 'language'] as const
