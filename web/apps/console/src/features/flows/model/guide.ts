/** How a flow stands in the help centre, as an editor begins with it. Pure. */
import type { FlowDefinition, Guide } from './shapes'

/** Words as a part of an address: small letters, digits and Chinese characters, joined by hyphens. */
export const slugOf = (words: string): string =>
  words.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/['’]/g, '').replace(/[^a-z0-9\u4e00-\u9fff]+/g, '-').replace(/^-|-$/g, '').slice(0, 60).replace(/-$/, '')

/** Called as the flow is called. */
export function newGuide({ name }: FlowDefinition): Guide {
  const title = { zh: name['zh'] ?? '', en: name['en'] ?? '' }
  return { title, summary: { zh: '', en: '' }, slug: { zh: slugOf(title.zh), en: slugOf(title.en) } }
}
