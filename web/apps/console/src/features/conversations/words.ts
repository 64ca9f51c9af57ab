/** Small sentences about conversations that several parts say. */
import { translate } from '@/app/i18n'
import { plainLine } from '@/app/plain'
import type { Conversation, ConversationContact } from '@/app/wire'

/** The customer's name, else the e-mail address, else "Visitor" with the last of the id, so that two are told apart. */
export function contactName(contact: Pick<ConversationContact, 'id' | 'name' | 'email'>): string {
  return contact.name ?? contact.email ?? translate('conversations.visitor_number', { id: contact.id.slice(-4).toUpperCase() })
}

/** The last thing said, with who said it when it was us; marks of Markdown are left out. */
export function previewText(conversation: Conversation): string {
  const { preview } = conversation
  if (!preview) return translate('conversations.nothing_yet')
  const text = plainLine(preview.text)
  const said = text || translate('conversations.attachment')
  if (preview.author_kind === 'agent' && preview.kind !== 'note') return translate('conversations.we_said', { text: said })
  return said
}
