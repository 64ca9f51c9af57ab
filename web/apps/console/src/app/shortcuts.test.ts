import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { setMe } from './session'
import { dispatchKey, useShortcuts } from './shortcuts'
import type { Me } from './wire'

let scope: EffectScope | undefined
afterEach(() => {
  scope?.stop()
  setMe(null)
  document.body.replaceChildren()
})

function listen(keys: string, when?: () => boolean) {
  const run = vi.fn()
  scope = effectScope()
  scope.run(() => useShortcuts('test', [{ id: 'test.do', keys, title: 'x', run, ...(when ? { when } : {}) }]))
  return run
}

function press(key: string, options: KeyboardEventInit & { keyCode?: number } = {}, target: Element = document.body): void {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options })
  if (options.keyCode !== undefined) Object.defineProperty(event, 'keyCode', { value: options.keyCode })
  target.addEventListener('keydown', (heard) => dispatchKey(heard as KeyboardEvent), { once: true })
  target.dispatchEvent(event)
}

function field(tag: string): Element {
  return document.body.appendChild(document.createElement(tag))
}

describe('single keys', () => {
  it('run outside of fields', () => {
    const run = listen('e')
    press('e')
    expect(run).toHaveBeenCalledOnce()
  })

  it.each(['input', 'textarea', 'select'])('do nothing in a %s', (tag) => {
    const run = listen('e')
    press('e', {}, field(tag))
    expect(run).not.toHaveBeenCalled()
  })

  it.each([{ isComposing: true }, { keyCode: 229 }])('do nothing while composing %o', (options) => {
    const run = listen('e')
    press('e', options)
    expect(run).not.toHaveBeenCalled()
  })

  it('can be turned off', () => {
    const run = listen('e')
    setMe({ preferences: { shortcuts: false } } as Me)
    press('e')
    expect(run).not.toHaveBeenCalled()
  })

  it('do nothing under a dialog', () => {
    const run = listen('e')
    const dialog = field('div')
    dialog.setAttribute('role', 'dialog')
    dialog.setAttribute('data-state', 'open')
    press('e')
    expect(run).not.toHaveBeenCalled()
  })

  it('leave the browser its own combinations', () => {
    const run = listen('e')
    press('e', { ctrlKey: true })
    expect(run).not.toHaveBeenCalled()
  })

  it('do nothing when their condition is not met', () => {
    const run = listen('e', () => false)
    press('e')
    expect(run).not.toHaveBeenCalled()
  })

  it('end with the component that asked', () => {
    const run = listen('e')
    scope?.stop()
    press('e')
    expect(run).not.toHaveBeenCalled()
  })
})

describe('combinations', () => {
  it('run in a field, and with single keys turned off', () => {
    const run = listen('mod+k')
    setMe({ preferences: { shortcuts: false } } as Me)
    press('k', { ctrlKey: true }, field('textarea'))
    expect(run).toHaveBeenCalledOnce()
  })
})
