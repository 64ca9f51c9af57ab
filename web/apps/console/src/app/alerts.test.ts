import type { LiveEvent } from '@qiao/live'
import { expect, it } from 'vitest'
import { alertOf } from './alerts'
import type { FactName, Facts } from './facts'
import type { Conversation } from './wire'

const ME = 'me'
const told = <N extends FactName>(name: N, data: Partial<Facts[N]>): LiveEvent => ({ n: 1, name, subject: 'c1', seq: null, at: '', data })
const talk = (part: Partial<Conversation>) => ({ id: 'c1', status: 'bot', assignee_id: null, ...part }) as Conversation
const words = { author: { kind: 'contact', id: 'x', name: '林' }, kind: 'text', text: '在吗' } as const

it('tells of a customer who begins to wait, also when the conversation is not held yet', () => {
  expect(alertOf(told('conversations.changed.v1', { status: 'waiting' }), talk({}), ME)).toBe('waiting')
  expect(alertOf(told('conversations.changed.v1', { status: 'waiting' }), undefined, ME)).toBe('waiting')
  expect(alertOf(told('conversations.opened.v1', talk({ status: 'waiting' })), undefined, ME)).toBe('waiting')
  expect(alertOf(told('conversations.changed.v1', { status: 'waiting', tags: [] }), talk({ status: 'waiting' }), ME)).toBeNull()
})

it('tells of what somebody else gives to the person, not of what they take themselves', () => {
  const given = { status: 'open', assignee_id: ME } as const
  expect(alertOf(told('conversations.changed.v1', { ...given, by: { kind: 'system' } }), talk({ status: 'waiting' }), ME)).toBe('assigned')
  expect(alertOf(told('conversations.changed.v1', { ...given, by: { kind: 'agent', id: ME } }), talk({ status: 'waiting' }), ME)).toBeNull()
  expect(alertOf(told('conversations.changed.v1', { ...given, assignee_id: 'other' }), talk({ status: 'waiting' }), ME)).toBeNull()
})

it('tells of a customer’s words to those who have the conversation', () => {
  expect(alertOf(told('conversations.message_posted.v1', words), talk({ status: 'open', assignee_id: ME }), ME)).toBe('message')
  expect(alertOf(told('conversations.message_posted.v1', words), talk({ status: 'open', assignee_id: 'other' }), ME)).toBeNull()
  const mine = { ...words, author: { kind: 'agent', id: ME, name: null } } as const
  expect(alertOf(told('conversations.message_posted.v1', mine), talk({ status: 'open', assignee_id: ME }), ME)).toBeNull()
})
