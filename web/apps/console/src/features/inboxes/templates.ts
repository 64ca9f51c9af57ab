/** The approved templates of an inbox, as an admin copies them from the provider. */
import type { MessageTemplate } from '@/app/wire'

/** The provider knows a template by its name and language. */
export const sameTemplate = (one: MessageTemplate, other: MessageTemplate): boolean =>
  one.name.trim() === other.name.trim() && one.language.trim() === other.language.trim()

export const isWhole = (template: MessageTemplate): boolean => Boolean(template.name.trim() && template.language.trim())

/** The list with `draft` in the place of `before`, or at its end. */
export function keptWith(templates: MessageTemplate[], before: MessageTemplate | null, draft: MessageTemplate): MessageTemplate[] {
  const kept = { name: draft.name.trim(), language: draft.language.trim(), body: draft.body?.trim() ?? '' }
  return before ? templates.map((one) => (one === before ? kept : one)) : [...templates, kept]
}
