/** Files on their way: previewed at once, uploaded in the background, held until the message goes. */
import { Refusal, type Http } from '../visit/http.ts'
import { makeId } from '../visit/outbox.ts'
import type { FileRef } from '../visit/wire.ts'
import { isPicture } from './files.tsx'
import { upload } from './upload.ts'

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

export class Tray {
  #items: Upload[] = []
  readonly #http: Pick<Http, 'token'>
  readonly #changed: (items: Upload[]) => void

  constructor(http: Pick<Http, 'token'>, changed: (items: Upload[]) => void) {
    this.#http = http
    this.#changed = changed
  }

  add(files: File[]): void {
    for (const file of files) {
      const id = makeId()
      const preview = isPicture({ content_type: file.type }) ? URL.createObjectURL(file) : null
      this.#put([...this.#items, { id, file, preview, share: 0, ready: null, code: null, cancel: () => undefined }])
      this.#send(id, file)
    }
  }

  remove(id: string): void {
    const item = this.#items.find((one) => one.id === id)
    item?.cancel()
    if (item?.preview) URL.revokeObjectURL(item.preview)
    this.#put(this.#items.filter((one) => one.id !== id))
  }

  again(id: string): void {
    const item = this.#items.find((one) => one.id === id)
    if (item) this.#send(id, item.file)
  }

  /** The files have gone with a message. */
  clear(): void {
    for (const { preview } of this.#items) if (preview) URL.revokeObjectURL(preview)
    this.#put([])
  }

  #send(id: string, file: File): void {
    const { done, cancel } = upload(file, this.#http.token, (share) => this.#patch(id, { share }))
    this.#patch(id, { cancel, code: null, share: 0 })
    done.then(
      (ready) => this.#patch(id, { ready, share: 1 }),
      (error: unknown) => this.#patch(id, { code: error instanceof Refusal ? codeOf(error) : 'network' }),
    )
  }

  #patch(id: string, part: Partial<Upload>): void {
    this.#put(this.#items.map((item) => (item.id === id ? { ...item, ...part } : item)))
  }

  #put(items: Upload[]): void {
    this.#items = items
    this.#changed(items)
  }
}

function codeOf(error: Refusal): string {
  if (error.status === 413) return 'too_large'
  return error.status === 415 ? 'type' : error.code
}
