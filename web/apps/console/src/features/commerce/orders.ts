/** Orders as agents read them: amounts, the newest steps of a parcel, tones of a state. Pure. */
import { intlTag, type Locale } from '@qiao/i18n'
import type { Server } from '@/app/wire'

export type Order = Server['Order']
export type OrderSummary = Server['OrderSummary']
export type OrderStatus = Server['OrderStatus']
type Money = Server['Money']
export type Shipment = NonNullable<Order['shipments']>[number]

/** An amount in minor units, written as its currency is: 12800 CNY → ¥128.00, 500 JPY → ￥500. */
export function money({ amount, currency }: Money, locale: Locale): string {
  const format = new Intl.NumberFormat(intlTag(locale), { style: 'currency', currency })
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

type Tone = 'neutral' | 'primary' | 'good' | 'warning' | 'indigo'
export const STATUS_TONES: Record<OrderStatus, Tone> = {
  unpaid: 'warning', paid: 'primary', packing: 'primary', shipped: 'indigo', delivered: 'good', returning: 'warning', returned: 'neutral', cancelled: 'neutral',
}

/** The steps of a parcel to show at first, newest first, and how many more there are. */
export function latest<T>(events: readonly T[], most = 2): { shown: readonly T[]; rest: readonly T[] } {
  // One line that only says that there is one more line is no shorter.
  const cut = events.length === most + 1 ? events.length : most
  return { shown: events.slice(0, cut), rest: events.slice(cut) }
}

/** What a parcel is waiting for, as a key of the catalogue with its moment. */
export function parcelState(parcel: Pick<Shipment, 'delivered_at' | 'expected_at' | 'late'>): { key: 'delivered' | 'late' | 'expected' | 'under_way'; at: string | null } {
  if (parcel.delivered_at) return { key: 'delivered', at: parcel.delivered_at }
  if (parcel.late) return { key: 'late', at: parcel.expected_at ?? null }
  return parcel.expected_at ? { key: 'expected', at: parcel.expected_at } : { key: 'under_way', at: null }
}
