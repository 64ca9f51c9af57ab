/** Who is signed in, what they may do, and their preferences. One per tab. */
import { computed, shallowRef, type ShallowRef } from 'vue'
import { api, ok } from './api'
import type { Availability, Language, Me, Permission, Person, Preferences } from './wire'

const current = shallowRef<Me | null>(null)

export const me: Readonly<ShallowRef<Me | null>> = current
export const person = computed<Person | null>(() => current.value?.person ?? null)

/** True when the signed-in person holds the permission (none asked: true). */
export function can(permission: Permission | undefined): boolean {
  return permission === undefined || (current.value?.permissions.includes(permission) ?? false)
}

/** The signed-in person; throws when nobody is (only for parts that render behind the login). */
export function requireMe(): Me {
  if (current.value === null) throw new Error('nobody is signed in')
  return current.value
}

export function setMe(next: Me | null): void {
  current.value = next
}

export function setPerson(next: Person): void {
  if (current.value?.person.id === next.id) current.value = { ...current.value, person: next }
}

/** Asks who the cookie belongs to; throws `Problem` 401 when to nobody. */
export async function loadSession(): Promise<Me> {
  setMe(await ok(api.GET('/session')))
  return requireMe()
}

/** Begins a session. Throws `Problem` `auth.choose_workspace` with `details.slugs` when the address is at home in several. */
export async function signIn(email: string, password: string, workspace?: string): Promise<Me> {
  setMe(await ok(api.POST('/session', { body: { email, password, ...(workspace === undefined ? {} : { workspace }) } })))
  return requireMe()
}

/** Changes preferences at once on screen and then on the server; puts them back when the server refuses. */
export async function setPreferences(change: Partial<Preferences>): Promise<void> {
  const before = requireMe()
  setMe({ ...before, preferences: { ...before.preferences, ...change } })
  try {
    await ok(api.PATCH('/me', { body: { preferences: change, ...(change.locale ? { locale: change.locale } : {}) } }))
  } catch (error) {
    setMe(before)
    throw error
  }
}

export async function setAvailability(availability: Availability): Promise<void> {
  setPerson(await ok(api.PUT('/me/availability', { body: { availability } })))
}

export function preferredLanguage(): Language {
  return current.value?.preferences.locale ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')
}
