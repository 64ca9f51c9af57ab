/** Files on their way: previewed at once, uploaded in the background, held until the message goes. */
import { useRef, useState } from 'preact/hooks'
import { Refusal, type Http } from '../visit/http.ts'
import { makeId } from '../visit/outbox.ts'
import type { FileRef } from '../visit/wire.ts'
import { fetchLater } from './later.ts'

export interface Upload {
  id: string
  file: File
  /** Address of the picture in this page's memory. */
  preview: string | null
  /** 0 to 1. */
  share: number
  ready: FileRef | null
  code: string | null
  cancel(): void
}

export interface Uploads {
  items: Upload[]
  add(files: Iterable<File>): void
  remove(id: string): void
  again(id: string): void
  clear(): void
}

export function useUploads(http: Http): Uploads {
  const [items, setItems] = useState<Upload[]>([])
  const current = useRef(items)
  const put = (change: (items: Upload[]) => Upload[]) => {
    current.current = change(current.current)
    setItems(current.current)
  }
  const patch = (id: string, part: Partial<Upload>) =>
    put((all) => all.map((item) => (item.id === id ? { ...item, ...part } : item)))
  const send = async (id: string, file: File) => {
    const { upload } = await fetchLater()
    const { done, cancel } = upload(file, http.token, (share) => patch(id, { share }))
    patch(id, { cancel, code: null, share: 0 })
    done.then(
      (ready) => patch(id, { ready, share: 1 }),
      (error: unknown) => patch(id, { code: error instanceof Refusal ? codeOf(error) : 'network' }),
    )
  }
  return {
    items,
    add(files) {
      for (const file of files) {
        const id = makeId()
        const preview = isPicture({ content_type: file.type }) ? URL.createObjectURL(file) : null
        put((all) => [...all, { id, file, preview, share: 0, ready: null, code: null, cancel: () => undefined }])
        void send(id, file)
      }
    },
    remove(id) {
      const item = current.current.find((one) => one.id === id)
      item?.cancel()
      if (item?.preview) URL.revokeObjectURL(item.preview)
      put((all) => all.filter((one) => one.id !== id))
    },
    again(id) {
      const item = current.current.find((one) => one.id === id)
      if (item) void send(id, item.file)
    },
    clear() {
      for (const { preview } of current.current) if (preview) URL.revokeObjectURL(preview)
      put(() => [])
    },
  }
}

function codeOf(error: Refusal): string {
  if (error.status === 413) return 'too_large'
  return error.status === 415 ? 'type' : error.code
}

/** Kinds that browsers draw by themselves. */
export function isPicture(file: { content_type: string }): boolean {
  return /^image\/(png|jpe?g|gif|webp|avif)$/.test(file.content_type)
}
