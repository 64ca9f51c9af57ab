import { describe, expect, it } from 'vitest'
import type { Person } from '@/app/wire'
import { deviceOf } from './devices'
import { isEmail, mayChange, rolesToGive } from './roles'

const person = (id: string, role: Person['role']): Person => ({
  id, role, name: id, email: `${id}@example.com`, team_ids: [], chat_limit: 5, locale: 'zh', availability: 'online', online: true, load: 0, disabled: false, created_at: '2026-01-01T00:00:00Z',
})

describe('roles', () => {
  it('lets nobody give more than they have', () => {
    expect(rolesToGive('owner')).toEqual(['owner', 'admin', 'supervisor', 'agent', 'editor', 'viewer'])
    expect(rolesToGive('admin')).toEqual(['admin', 'supervisor', 'agent', 'editor', 'viewer'])
  })

  it('lets nobody change themselves or those above', () => {
    expect(mayChange(person('a', 'admin'), person('b', 'agent'))).toBe(true)
    expect(mayChange(person('a', 'admin'), person('o', 'owner'))).toBe(false)
    expect(mayChange(person('o', 'owner'), person('o', 'owner'))).toBe(false)
  })

  it('knows an address when it sees one', () => {
    expect(isEmail(' ning@lantea.example ')).toBe(true)
    expect(isEmail('ning@lantea')).toBe(false)
  })
})

describe('devices', () => {
  it('reads the names people know', () => {
    expect(deviceOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/131.0 Safari/537.36')).toEqual({ browser: 'Chrome', system: 'macOS' })
    expect(deviceOf('Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1')).toEqual({ browser: 'Safari', system: 'iPhone' })
    expect(deviceOf('curl')).toEqual({ browser: null, system: null })
  })
})
