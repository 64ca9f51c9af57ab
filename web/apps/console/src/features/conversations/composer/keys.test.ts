import { describe, expect, it } from 'vitest'
import { editorKey } from './keys'

function key(name: string, options: KeyboardEventInit & { keyCode?: number } = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key: name, ...options })
  if (options.keyCode !== undefined) Object.defineProperty(event, 'keyCode', { value: options.keyCode })
  return event
}

describe('keys of the editor', () => {
  it('sends on Enter and breaks the line on Shift+Enter', () => {
    expect(editorKey(key('Enter'), '您好')).toBe('send')
    expect(editorKey(key('Enter', { shiftKey: true }), '您好')).toBeNull()
  })

  it.each(['Enter', 'Escape', '/', 'ArrowDown'])('leaves %s to the input method while it composes', (name) => {
    expect(editorKey(key(name, { isComposing: true }), '')).toBeNull()
    expect(editorKey(key(name, { keyCode: 229 }), '')).toBeNull()
  })

  it('asks for snippets only where a word begins', () => {
    expect(editorKey(key('/'), '')).toBe('snippets')
    expect(editorKey(key('/'), '您好 ')).toBe('snippets')
    expect(editorKey(key('/'), 'https:/')).toBeNull()
    expect(editorKey(key('/'), '1')).toBeNull()
  })
})
