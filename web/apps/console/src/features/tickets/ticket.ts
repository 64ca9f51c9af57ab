/** What the pages of tickets share: how states look, which filters a ticket fits, what a form of one holds. */
import type { Id, Server } from '@/app/wire'

export type Ticket = Server['Ticket']
export type TicketType = Server['TicketType']
export type TicketState = Ticket['state']
export type TicketChanges = Omit<Server['TicketChanges'], 'version'>

export const STATES = ['open', 'pending', 'solved', 'closed'] as const satisfies readonly TicketState[]
export const PRIORITIES = ['urgent', 'high', 'normal', 'low'] as const satisfies readonly Ticket['priority'][]
export const STATE_TONES = { open: 'primary', pending: 'warning', solved: 'good', closed: 'neutral' } as const
export const PRIORITY_TONES = { urgent: 'urgent', high: 'warning', normal: 'neutral', low: 'neutral' } as const

/** `assignee`: a person's id, "nobody", or everybody's when empty. */
export interface Filters {
  state: string
  type: string
  assignee: string
}

export const NOBODY = 'nobody'

/** The filters as the server takes them. */
export function queryOf({ state, type, assignee }: Filters): { state?: TicketState; type?: string; assignee_id?: Id; unassigned?: boolean } {
  const known = STATES.find((one) => one === state)
  return {
    ...(known ? { state: known } : {}),
    ...(type ? { type } : {}),
    ...(assignee === NOBODY ? { unassigned: true } : assignee ? { assignee_id: assignee } : {}),
  }
}

/** Does a list under these filters hold the ticket? */
export function fits(ticket: Ticket, { state, type, assignee }: Filters): boolean {
  const owned = assignee === NOBODY ? ticket.assignee_id === null : !assignee || ticket.assignee_id === assignee
  return (!state || ticket.state === state) && (!type || ticket.type === type) && owned
}

/** The type's fields of a ticket that differ from what was typed, as the server takes them. */
export function fieldChanges(ticket: Ticket, typed: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(typed).filter(([key, value]) => value.trim() !== (ticket.fields[key] ?? '')).map(([key, value]) => [key, value.trim()]))
}
