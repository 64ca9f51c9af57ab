import type { IconName } from './icons'

/** One line of a QMenu. `separated` draws a rule above it; a `heading` cannot be chosen. */
export interface MenuItem {
  key: string
  label: string
  icon?: IconName
  /** The shortcut to show, as QKbd reads it: `mod+k`, `shift+e`, `r`. */
  keys?: string
  checked?: boolean
  danger?: boolean
  disabled?: boolean
  separated?: boolean
  heading?: boolean
}
