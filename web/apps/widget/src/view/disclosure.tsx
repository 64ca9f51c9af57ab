import { useDesk } from './desk.ts'

/** Says that a machine answers, before it does. */
export function Disclosure() {
  const { words } = useDesk()
  return <p class="disclosure">{words.disclosure}</p>
}
