/** The time zone a customer is likely in: what they told us, else the country's where it has only one that matters. */
import type { Contact } from '@/app/wire'

const BY_COUNTRY: Readonly<Record<string, string>> = {
  CN: 'Asia/Shanghai', HK: 'Asia/Hong_Kong', MO: 'Asia/Macau', TW: 'Asia/Taipei', SG: 'Asia/Singapore', MY: 'Asia/Kuala_Lumpur',
  JP: 'Asia/Tokyo', KR: 'Asia/Seoul', TH: 'Asia/Bangkok', VN: 'Asia/Ho_Chi_Minh', PH: 'Asia/Manila', IN: 'Asia/Kolkata',
  AE: 'Asia/Dubai', SA: 'Asia/Riyadh', EG: 'Africa/Cairo', TR: 'Europe/Istanbul', GB: 'Europe/London', IE: 'Europe/Dublin',
  FR: 'Europe/Paris', DE: 'Europe/Berlin', IT: 'Europe/Rome', ES: 'Europe/Madrid', NL: 'Europe/Amsterdam', BE: 'Europe/Brussels',
  CH: 'Europe/Zurich', AT: 'Europe/Vienna', SE: 'Europe/Stockholm', NO: 'Europe/Oslo', DK: 'Europe/Copenhagen', FI: 'Europe/Helsinki',
  PL: 'Europe/Warsaw', NZ: 'Pacific/Auckland',
}

function valid(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return true
  } catch {
    return false
  }
}

/** An IANA name, or null when we would only be guessing (a country of many zones). */
export function zoneOf(contact: Pick<Contact, 'country' | 'attributes'>): string | null {
  const told = contact.attributes['timezone'] ?? contact.attributes['time_zone']
  if (told && valid(told)) return told
  return BY_COUNTRY[contact.country?.toUpperCase() ?? ''] ?? null
}
