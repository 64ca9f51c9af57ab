/** What hangs on the message being written. The tray that carries it comes with the later part of the panel. */
import { useRef, useState } from 'preact/hooks'
import type { Tray, Upload } from '../thread/tray.ts'
import type { Http } from '../visit/http.ts'
import { fetchLater } from './later.ts'

export interface Attachments {
  items: Upload[]
  tray: Tray | null
  add(files: Iterable<File>): void
}

export function useAttachments(http: Http): Attachments {
  const [items, setItems] = useState<Upload[]>([])
  const tray = useRef<Tray | null>(null)
  return {
    items,
    tray: tray.current,
    add(files) {
      const taken = [...files] // a file list empties itself when its input is reset
      void fetchLater().then((later) => (tray.current ??= new later.Tray(http, setItems)).add(taken))
    },
  }
}
