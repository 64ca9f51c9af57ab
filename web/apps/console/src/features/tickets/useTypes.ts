/** Kinds of tickets, loaded when the first page of tickets is opened. */
import { shallowRef, type ShallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { localised } from '@/app/i18n'
import { toastProblem } from '@/app/toasts'
import type { TicketType } from './ticket'

export function useTypes(): { types: ShallowRef<readonly TicketType[]>; typeName: (key: string) => string } {
  const types = shallowRef<readonly TicketType[]>([])
  ok(api.GET('/ticket-types')).then((page) => (types.value = page.items), toastProblem)
  return { types, typeName: (key) => localised(types.value.find((one) => one.key === key)?.names) }
}
