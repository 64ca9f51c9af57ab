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

/** The catalogue key of a reason, by the last part of its code; one that the catalogue does not have is told as `other`. */
export function reasonKey(code: string, isKnown: (key: string) => boolean): string {
  const last = code === 'knowledge.duplicate_question' ? 'already_there' : code.slice(code.lastIndexOf('.') + 1)
  const key = `knowledge.import.codes.${last}`
  return isKnown(key) ? key : 'knowledge.import.codes.other'
}

/** Where in the file, with the server's "row 3" in the reader's words. */
export const placeOf = (source: string, row: (number: number) => string): string => source.replace(/\brow (\d+)\b/, (_, number: string) => row(Number(number)))

/** The report as rows, with a heading. `tell` translates. */
export function reportRows(problems: readonly ImportProblem[], heading: readonly [string, string], tell: { where: (problem: ImportProblem) => string; reason: (problem: ImportProblem) => string }): string[][] {
  return [[...heading], ...problems.map((problem) => [tell.where(problem), tell.reason(problem)])]
}

export const TEMPLATE_COLUMNS = ['question', 'answer', 'variants', 'category', 'language', 'audience'] as const
