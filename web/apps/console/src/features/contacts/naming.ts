import { useI18n } from 'vue-i18n'
import type { Contact } from '@/app/wire'
import { nameOf } from './contact'

/** The name to show: their own, else their e-mail, else "Visitor from Hangzhou", else "Visitor" with the last of the id. */
export function useContactName(): (contact: Pick<Contact, 'id' | 'name' | 'email' | 'city'>) => string {
  const { t } = useI18n()
  return (contact) => nameOf(contact) ?? (contact.city ? t('contacts.unnamed_in', { city: contact.city }) : t('contacts.unnamed_number', { id: contact.id.slice(-4).toUpperCase() }))
}
