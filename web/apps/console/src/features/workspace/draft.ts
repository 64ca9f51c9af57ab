/** What the workspace form holds, and what of it is wrong. */
import type { Workspace } from '@/app/wire'

export type WorkspaceProblem = 'name' | 'slug' | 'chat_limit_default' | 'requeue_after_seconds'

export const isSlug = (text: string): boolean => /^[a-z0-9](?:[a-z0-9-]{1,38})[a-z0-9]$/.test(text)

const isWhole = (value: number, from: number, to: number): boolean => Number.isInteger(value) && value >= from && value <= to

export function problemsOf(draft: Workspace): Set<WorkspaceProblem> {
  const found = new Set<WorkspaceProblem>()
  if (!draft.name.zh?.trim() && !draft.name.en?.trim()) found.add('name')
  if (!isSlug(draft.slug)) found.add('slug')
  if (!isWhole(draft.chat_limit_default, 1, 50)) found.add('chat_limit_default')
  if (!isWhole(draft.requeue_after_seconds, 10, 86_400)) found.add('requeue_after_seconds')
  return found
}

/** Only what differs, for the server. */
export function changesOf(before: Workspace, after: Workspace): Partial<Workspace> {
  const keys = Object.keys(after) as (keyof Workspace)[]
  return Object.fromEntries(keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).map((key) => [key, after[key]]))
}
