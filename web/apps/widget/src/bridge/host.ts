/** The panel's end of the line to the page around it. Its origin is in our address, given by the loader. */
import type { PageWord, ToLoader } from './messages.ts'

export interface Host {
  origin: string
  tell(message: ToLoader): void
}

/** Null when the panel is a page of its own. */
export function findHost(hear: (word: PageWord) => void): Host | null {
  if (window.parent === window) return null
  const origin = exactOrigin(new URLSearchParams(location.search).get('origin'))
  if (!origin) return null
  addEventListener('message', (event: MessageEvent<PageWord>) => {
    if (event.source !== window.parent || event.origin !== origin) return
    if (event.data?.qiao === 'page') hear(event.data)
  })
  return { origin, tell: (message) => window.parent.postMessage(message, origin) }
}

/** An http(s) origin written exactly as browsers write it; anything else is refused. */
function exactOrigin(value: string | null): string | null {
  try {
    const { origin, protocol } = new URL(value ?? '')
    return origin === value && /^https?:$/.test(protocol) ? origin : null
  } catch {
    return null
  }
}
