import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { sends } from '../text/keys.ts'
import type { Keep } from '../visit/keep.ts'
import type { FileRef } from '../visit/wire.ts'
import type { Attachments } from './attachments.ts'
import { useDesk } from './desk.ts'
import { Icon } from './icons.tsx'
import { useLater } from './later.ts'

const TALLEST_PX = 132

/** Not where it would raise a keyboard, nor in a preview, which has no business with the focus of the page around it. */
const mayFocus = (): boolean => !matchMedia('(pointer: coarse)').matches && !/[?&]preview=/.test(location.search)

/** Where the visitor writes. Enter sends, Shift and Enter breaks the line; the draft survives a reload. */
export function Composer({ attached, keep }: { attached: Attachments; keep: Keep }) {
  const { visit, words, state } = useDesk()
  const [text, setText] = useState(() => keep.get('draft') ?? '')
  const field = useRef<HTMLTextAreaElement>(null)
  const { items, tray } = attached
  const busy = items.some((item) => !item.ready && !item.code)
  const files = items.map((item) => item.ready).filter((file): file is FileRef => file !== null)
  const sendable = !busy && (text.trim() !== '' || files.length > 0)
  const later = useLater(text !== '' || items.length > 0)
  useAutosize(field, text)
  useEffect(() => {
    if (state.shown && mayFocus()) field.current?.focus()
  }, [state.shown])
  useEffect(() => {
    // What was pressed is gone: the next word is written here.
    if (state.shown && document.activeElement === document.body && mayFocus()) field.current?.focus()
  }, [state.letters.length, state.conversation?.status])
  const write = (value: string) => {
    setText(value)
    if (value) keep.set('draft', value)
    else keep.remove('draft')
    visit.typing(value.length)
  }
  const send = () => {
    if (!sendable) return
    visit.say(text.trim(), files)
    write('')
    tray?.clear()
    field.current?.focus()
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {later && tray && items.length > 0 && <later.UploadList items={items} tray={tray} />}
      <div class="writing">
        <AttachButton attached={attached} />
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          enterkeyhint="send"
          maxLength={8000}
          aria-label={words.writeLabel}
          placeholder={words.write}
          value={text}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!sends(event)) return
            event.preventDefault()
            send()
          }}
          onBlur={() => visit.typing(0)}
          onPaste={(event) => {
            const pasted = event.clipboardData?.files
            if (!pasted?.length) return
            event.preventDefault()
            attached.add(pasted)
          }}
        />
        <button class="main square" type="submit" aria-label={words.send} title={words.send} disabled={!sendable}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  )
}

function AttachButton({ attached }: { attached: Attachments }) {
  const { words } = useDesk()
  const picker = useRef<HTMLInputElement>(null)
  return (
    <>
      <button class="quiet square" type="button" aria-label={words.attach} title={words.attach} onClick={() => picker.current?.click()}>
        <Icon name="clip" />
      </button>
      <input
        ref={picker}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          attached.add(event.currentTarget.files ?? [])
          event.currentTarget.value = ''
        }}
      />
    </>
  )
}

function useAutosize(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const box = field.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${Math.min(box.scrollHeight + 2, TALLEST_PX)}px`
  }, [text])
}
