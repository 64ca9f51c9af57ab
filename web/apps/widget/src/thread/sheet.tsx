import { useEffect, useRef } from 'preact/hooks'
import { useDesk } from '../view/desk.ts'
import type { HeaderProps } from '../view/header.tsx'

export interface SheetProps extends HeaderProps {
  /** `back`: by Escape, so the focus belongs on the button again. */
  onLeave(back: boolean): void
}

/** What the menu in the header holds; it leaves when anything outside is touched. */
export function Sheet({ sound, onSound, onLocale, onLeave }: SheetProps) {
  const { words, locale } = useDesk()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const leave = (event: Event) => {
      if (!box.current?.parentElement?.contains(event.target as Node)) onLeave(false)
    }
    const escape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      onLeave(true)
    }
    document.addEventListener('pointerdown', leave)
    document.addEventListener('focusin', leave)
    document.addEventListener('keydown', escape, true)
    return () => {
      document.removeEventListener('pointerdown', leave)
      document.removeEventListener('focusin', leave)
      document.removeEventListener('keydown', escape, true)
    }
  }, [])
  return (
    <div ref={box} class="sheet" role="group" aria-label={words.menu}>
      <div class="choice" role="group" aria-label={words.language}>
        {(['zh', 'en'] as const).map((tag) => (
          <button type="button" lang={tag} aria-pressed={locale === tag} onClick={() => onLocale(tag)}>
            {tag === 'zh' ? '中文' : 'English'}
          </button>
        ))}
      </div>
      <button class="switch" type="button" role="switch" aria-checked={sound} onClick={() => onSound(!sound)}>
        <span>{words.sound}</span>
        <i />
      </button>
    </div>
  )
}
