/** Roles in the order of what they may do, and which of them one person may give to another. */
import type { Person, Role } from '@/app/wire'

export const ROLES: readonly Role[] = ['owner', 'admin', 'supervisor', 'agent', 'editor', 'viewer']

/** Nobody gives a role above their own; only an owner makes owners. */
export function rolesToGive(own: Role): Role[] {
  return ROLES.filter((role) => (role === 'owner' ? own === 'owner' : ROLES.indexOf(role) >= ROLES.indexOf(own)))
}

/** Whether `own` may change this person: not themselves, and nobody above them. */
export function mayChange(own: Person, other: Person): boolean {
  return own.id !== other.id && rolesToGive(own.role).includes(other.role)
}

export const isEmail = (text: string): boolean => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim())
