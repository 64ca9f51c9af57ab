/**
 * What loader and panel say to each other over postMessage, and nothing else does.
 * Both sides name the exact target origin and check origin and source of all that arrives.
 */

/** Loader to panel, whole, whenever any of it changes. */
export interface PageWord {
  qiao: 'page'
  url: string
  title: string
  referrer: string
  /** As the page wishes it; the visitor's own choice stands above it until the wish changes. */
  locale: string
  shown: boolean
  /** Proof of who the visitor is, signed by the company's server. */
  identify?: string
  /** Said for the visitor once the panel is shown; the same words are said once. `flow` is the flow they begin. */
  ask?: string
  flow?: string
}

/** Panel to loader, whole, whenever any of it changes. The loader keeps it for the next page. */
export interface PanelWord {
  qiao: 'state'
  unread: number
  colour: string
  ink: string
  corner: string
  /** A conversation is going on: the next page loads the panel by itself, hidden. */
  open: boolean
}

export type ToLoader = { qiao: 'ready' } | { qiao: 'close' } | PanelWord
