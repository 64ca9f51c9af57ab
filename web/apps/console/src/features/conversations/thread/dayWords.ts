/** Today, yesterday, else the date. */
import { formatDate, intlTag } from '@qiao/i18n'
import { currentLocale } from '@/app/i18n'
import { nowMinute } from '@/app/clock'

export function dayWords(at: string): string {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0)
  const days = Math.round((midnight(Date.parse(at)) - midnight(nowMinute.value)) / 86_400_000)
  if (days < -1 || days > 0) return formatDate(at, currentLocale())
  const words = new Intl.RelativeTimeFormat(intlTag(currentLocale()), { numeric: 'auto' }).format(days, 'day')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
