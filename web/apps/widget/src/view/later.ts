/**
 * The part of the panel that is not needed to say hello: messages, files, cards. Fetched when there is something to draw,
 * or when the visitor begins to do something.
 */
import { useEffect, useState } from 'preact/hooks'
import { versions } from '../visit/versions.ts'

type Later = typeof import('../thread/thread.tsx')

const AGAIN_AFTER_MS = 2000
let fetched: Later | null = null
let fetching: Promise<Later> | null = null

export function fetchLater(): Promise<Later> {
  fetching ??= import('../thread/thread.tsx').then(
    async (part) => {
      await part.styled
      return (fetched = part)
    },
    async () => {
      await new Promise((resume) => setTimeout(resume, AGAIN_AFTER_MS))
      // Of another version there are other files; what was begun is kept on the device.
      if (versions.size > 1) location.reload()
      fetching = null
      return fetchLater()
    },
  )
  return fetching
}

/** The part when it is here; `needed` asks for it. */
export function useLater(needed: boolean): Later | null {
  const [later, setLater] = useState(fetched)
  useEffect(() => {
    if (needed && !later) void fetchLater().then(setLater)
  }, [needed])
  return later
}
