/** How a shortcut such as `mod+shift+k` is written on this machine: ⌘ ⇧ K on Apple, Ctrl ⇧ K elsewhere. */
const SIGNS: Record<string, string> = {
  shift: '⇧', enter: '↵', escape: 'Esc', up: '↑', down: '↓', left: '←', right: '→', backspace: '⌫', space: '␣', tab: '⇥',
}

const onApple = (): boolean => /Mac|iPhone|iPad/.test(navigator.platform)

export function keyLabels(keys: string, apple = onApple()): string[] {
  return keys.split('+').map((key) => {
    const name = key.toLowerCase()
    if (name === 'mod') return apple ? '⌘' : 'Ctrl'
    if (name === 'alt') return apple ? '⌥' : 'Alt'
    return SIGNS[name] ?? (key.length === 1 ? key.toUpperCase() : key)
  })
}
