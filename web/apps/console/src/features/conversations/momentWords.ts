/** A moment near enough to need no year: Mon, 23 Nov, 09:00; 11月23日周一 09:00. */
import { intlTag } from '@qiao/i18n'
import { currentLocale } from '@/app/i18n'

export function momentWords(at: string): string {
  const parts = { weekday: 'short', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
  return new Intl.DateTimeFormat(intlTag(currentLocale()), parts).format(new Date(at))
}
