/**
 * One registry of shortcuts: feeds the keys, the palette and the help sheet.
 * Single keys do nothing in text fields, while an input method composes, under a dialog, or when the person turned them off
 * (WCAG 2.1.4). Combinations with ⌘ or Ctrl work everywhere.
 */
import type { IconName } from '@qiao/ui'
import { onScopeDispose, getCurrentScope, shallowReactive } from 'vue'
import { me } from './session'

export interface Shortcut {
  id: string
  /** `e`, `#`, `?`, `Escape`, or `mod+k` (⌘ on a Mac, Ctrl elsewhere). None: only in the palette. */
  keys?: string
  /** Catalogue key. */
  title: string
  /** In the palette; an arrow without one. */
  icon?: IconName
  run: () => void
  /** Not offered and not run when false. */
  when?: () => boolean
}

interface Registered extends Shortcut {
  group: string
}

export const shortcuts: Registered[] = shallowReactive([])
const MAC = /mac|iphone|ipad/i.test(navigator.platform)

/** Registers shortcuts for as long as the component lives. `group` is the namespace whose `shortcuts` title heads them in the help sheet. */
export function useShortcuts(group: string, list: Shortcut[]): () => void {
  const mine = list.map((item) => ({ ...item, group }))
  shortcuts.push(...mine)
  const stop = () => {
    for (const item of mine) {
      const index = shortcuts.indexOf(item)
      if (index >= 0) shortcuts.splice(index, 1)
    }
  }
  if (getCurrentScope()) onScopeDispose(stop)
  return stop
}

/** True while an input method is composing; 229 is what Safari says of the key that ends it. */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === 229
}

export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'submit', 'range', 'file'].includes(target.type)
}

function underDialog(): boolean {
  return document.querySelector('[role="dialog"][data-state="open"], [role="alertdialog"][data-state="open"], [role="menu"][data-state="open"]') !== null
}

function combination(event: KeyboardEvent): string {
  const mod = MAC ? event.metaKey : event.ctrlKey
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key
  return `${mod ? 'mod+' : ''}${event.altKey ? 'alt+' : ''}${mod && event.shiftKey ? 'shift+' : ''}${key}`
}

function allowed(event: KeyboardEvent, keys: string): boolean {
  if (keys.startsWith('mod+')) return true
  if (event.metaKey || event.ctrlKey || event.altKey) return false
  if (isTextField(event.target) || underDialog()) return false
  return keys.length > 1 || (me.value?.preferences.shortcuts ?? true)
}

/** Runs the shortcut of a key press, the latest registered first; true when one ran. */
export function dispatchKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || isComposing(event)) return false
  const pressed = combination(event)
  const hit = shortcuts.findLast((item) => item.keys === pressed && (item.when?.() ?? true))
  if (!hit || !allowed(event, pressed)) return false
  event.preventDefault()
  hit.run()
  return true
}
