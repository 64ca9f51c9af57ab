/** What is said of a team that is away: apart from the other words, since it is fetched only where it is shown. */
import type { Locale } from '../visit/wire.ts'

export const AWAY: Record<Locale, { back: string; after: string }> = {
  zh: { back: '{when} 恢复服务。', after: '{name}期间休息，{when} 恢复服务。' },
  en: { back: 'Back on {when}.', after: 'Closed for {name}. Back on {when}.' },
}
