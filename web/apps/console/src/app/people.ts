/** The team: people and teams, loaded once and kept live. */
import { computed, shallowRef, type ComputedRef } from 'vue'
import { api, ok } from './api'
import { onLive } from './live'
import { setPerson } from './session'
import type { Id, Person, Team } from './wire'

const people = shallowRef<ReadonlyMap<Id, Person>>(new Map())
const teams = shallowRef<readonly Team[]>([])
let listening = false

function put(person: Person): void {
  people.value = new Map(people.value).set(person.id, person)
  setPerson(person)
}

function listenOnce(): void {
  if (listening) return
  listening = true
  onLive('people.changed.v1', ({ data }) => put({ ...data, load: people.value.get(data.id)?.load ?? 0 }))
  onLive('people.presence_changed.v1', ({ data }) => {
    const before = people.value.get(data.person_id)
    if (before) put({ ...before, availability: data.availability, online: data.online })
  })
}

/** Loads (again) people and teams. */
export async function loadPeople(): Promise<void> {
  listenOnce()
  const [first, second] = await Promise.all([ok(api.GET('/people')), ok(api.GET('/teams'))])
  people.value = new Map(first.items.map((item) => [item.id, item]))
  teams.value = second.items
}

export function personName(id: Id | null | undefined): string | null {
  return (id && people.value.get(id)?.name) || null
}

export interface PeopleView {
  people: ComputedRef<Person[]>
  teams: ComputedRef<readonly Team[]>
  byId: (id: Id | null | undefined) => Person | undefined
  teamById: (id: Id | null | undefined) => Team | undefined
}

/** People who can work (not disabled) by name, and the teams. */
export function usePeople(): PeopleView {
  return {
    people: computed(() => [...people.value.values()].filter((item) => !item.disabled).sort((a, b) => a.name.localeCompare(b.name))),
    teams: computed(() => teams.value),
    byId: (id) => (id ? people.value.get(id) : undefined),
    teamById: (id) => teams.value.find((team) => team.id === id),
  }
}
