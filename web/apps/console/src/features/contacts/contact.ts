/** How a contact is named, and the edit form's arithmetic. */
import type { Contact } from '@/app/wire'

export interface Attribute {
  name: string
  value: string
}

export interface ContactDraft {
  name: string
  email: string
  phone: string
  attributes: Attribute[]
}

export type ContactChange = Partial<Pick<Contact, 'name' | 'email' | 'phone' | 'attributes'>>

export const draftOf = (contact: Contact): ContactDraft => ({
  name: contact.name ?? '',
  email: contact.email ?? '',
  phone: contact.phone ?? '',
  attributes: Object.entries(contact.attributes).map(([name, value]) => ({ name, value })),
})

const textOrNull = (text: string): string | null => text.trim() || null

/** Only what differs; an emptied text becomes null, an attribute without a name is left out. */
export function changesOf(contact: Contact, draft: ContactDraft): ContactChange {
  const change: ContactChange = {}
  for (const key of ['name', 'email', 'phone'] as const) {
    if (textOrNull(draft[key]) !== contact[key]) change[key] = textOrNull(draft[key])
  }
  const attributes = Object.fromEntries(draft.attributes.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value.trim()]))
  if (JSON.stringify(attributes) !== JSON.stringify(contact.attributes)) change.attributes = attributes
  return change
}

/** Null when there is no name: the face then says "visitor", with the city when it is known. */
export const nameOf = (contact: Pick<Contact, 'name' | 'email'>): string | null => contact.name || contact.email
