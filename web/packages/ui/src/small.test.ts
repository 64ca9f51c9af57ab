import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { avatarTone, dismissToast, initials, keyLabels, toast, toasts } from './index'

describe('initials', () => {
  it.each([
    ['陈晓雯', '晓雯'], ['李雷', '李雷'], ['Ada Lovelace', 'AL'], ['ada@example.org', 'AO'], ['  ', '?'], ['Zoë', 'Z'],
  ])('of %s are %s', (name, letters) => expect(initials(name)).toBe(letters))
})

describe('avatarTone', () => {
  it('is steady for the same seed', () => expect(avatarTone('contact-1')).toBe(avatarTone('contact-1')))
})

describe('keyLabels', () => {
  it('writes the machine’s own signs', () => {
    expect(keyLabels('mod+shift+k', true)).toEqual(['⌘', '⇧', 'K'])
    expect(keyLabels('mod+enter', false)).toEqual(['Ctrl', '↵'])
  })
})

describe('toast', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => {
    for (const { id } of toasts.value) dismissToast(id)
    vi.useRealTimers()
  })

  it('goes away by itself after four seconds', () => {
    toast('Saved')
    vi.advanceTimersByTime(3999)
    expect(toasts.value).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(toasts.value).toHaveLength(0)
  })

  it('stays when urgent, until it is dismissed', () => {
    const dismiss = toast('Not sent', { tone: 'urgent' })
    vi.advanceTimersByTime(60_000)
    expect(toasts.value.map(({ text }) => text)).toEqual(['Not sent'])
    dismiss()
    expect(toasts.value).toHaveLength(0)
  })

  it('shows four at most, the newest', () => {
    for (const text of ['1', '2', '3', '4', '5']) toast(text)
    expect(toasts.value.map(({ text }) => text)).toEqual(['2', '3', '4', '5'])
  })
})
