/** What every part of the panel needs at hand. */
import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { State } from '../visit/state.ts'
import type { Visit } from '../visit/visit.ts'
import type { Locale } from '../visit/wire.ts'
import type { Words } from '../words/words.ts'

export interface Desk {
  visit: Visit
  state: State
  words: Words
  locale: Locale
  /** Sends the visitor's wish for a person as an ordinary message. */
  askForPerson(): void
}

export const DeskContext = createContext<Desk>(null as unknown as Desk)

export const useDesk = (): Desk => useContext(DeskContext)
