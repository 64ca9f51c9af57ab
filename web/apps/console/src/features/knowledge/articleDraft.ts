/** What the article editor holds for one language, and when it may be saved and published. */
import type { Article, Category, Language, Translation } from '@/app/wire'

export interface ArticleText {
  title: string
  summary: string
  body: string
}

export const textOf = (translation: Translation | undefined): ArticleText => ({
  title: translation?.title ?? '',
  summary: translation?.summary ?? '',
  body: translation?.body ?? '',
})

export const isSame = (one: ArticleText, other: ArticleText): boolean => one.title === other.title && one.summary === other.summary && one.body === other.body

/** An empty editor never overwrites what the server holds: that is a mistake of loading, not of writing. */
export const maySave = (text: ArticleText, saved: ArticleText): boolean => !isSame(text, saved) && (Boolean(text.title.trim() || text.body.trim()) || !saved.body.trim())

export const mayPublish = (text: ArticleText): boolean => Boolean(text.title.trim() && text.body.trim())

export const isSlug = (text: string): boolean => /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text)

/** The title in the reader's language, else in the other; empty when neither is written. */
export function titleOf(article: Article, language: Language): string {
  const other: Language = language === 'zh' ? 'en' : 'zh'
  return article.translations[language]?.title || article.translations[other]?.title || ''
}

export interface ArticleGroup {
  id: string | null
  articles: Article[]
}

/** Articles under their categories, in the categories' order; those without one come last. Empty groups are left out. */
export function groupsOf(articles: readonly Article[], categories: readonly Category[]): ArticleGroup[] {
  const known = new Set(categories.map((category) => category.id))
  const inside = (id: string | null): Article[] =>
    articles.filter((article) => (id === null ? !article.category_id || !known.has(article.category_id) : article.category_id === id)).sort((a, b) => a.position - b.position)
  return [...categories.map((category) => category.id), null].map((id) => ({ id, articles: inside(id) })).filter((group) => group.articles.length)
}
