import { useDesk } from './desk.ts'

/** What stands where the conversation will be, until it is there. */
export function Plight() {
  const { state, words } = useDesk()
  if (state.phase === 'loading' && !state.troubled) {
    return (
      <main class="plight" aria-busy="true">
        <span class="unseen" role="status">
          {words.loading}
        </span>
        <i class="ghost" />
        <i class="ghost short" />
      </main>
    )
  }
  return (
    <main class="plight">
      <p role="status">{state.phase === 'missing' ? words.missing : words.unreachable}</p>
    </main>
  )
}
