/** Snippets of the workspace, fetched once, found by shortcut, title, text or initials. */
import { shallowRef, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { localised } from '@/app/i18n'
import type { Language, Snippet } from '@/app/wire'
import { pinyinInitials } from './pinyin'

const all = shallowRef<readonly Snippet[] | null>(null)
export const snippets: Readonly<ShallowRef<readonly Snippet[] | null>> = all

/** Fetches them on first use; a failed attempt is made again the next time. */
export async function loadSnippets(): Promise<void> {
  all.value ??= (await ok(api.GET('/knowledge/snippets'))).items
}

function rank(snippet: Snippet, query: string): number {
  const shortcut = snippet.shortcut.toLowerCase().replace(/^\//, '')
  if (shortcut.startsWith(query)) return 0
  if (snippet.title.toLowerCase().includes(query)) return 1
  if (pinyinInitials(snippet.title).startsWith(query)) return 2
  if (pinyinInitials(snippet.title).includes(query) || shortcut.includes(query)) return 3
  return Object.values(snippet.body).some((body) => body?.toLowerCase().includes(query)) ? 4 : -1
}

export function findSnippets(list: readonly Snippet[], typed: string): Snippet[] {
  const query = typed.trim().toLowerCase()
  if (query === '') return list.slice(0, 30)
  return list
    .map((snippet) => ({ snippet, rank: rank(snippet, query) }))
    .filter((item) => item.rank >= 0)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, 30)
    .map((item) => item.snippet)
}

/** The snippet in the customer's language if it has one, with what it leaves open filled in. */
export function snippetText(snippet: Snippet, language: string | null, names: Record<string, string>): string {
  const wanted: Language | null = language?.startsWith('zh') ? 'zh' : language?.startsWith('en') ? 'en' : null
  const text = (wanted && snippet.body[wanted]) || localised(snippet.body)
  return text.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (whole, name: string) => names[name] ?? whole)
}
