import { useEffect, useRef, useState } from 'preact/hooks'
import type { FileRef } from '../visit/wire.ts'
import { fill } from '../words/words.ts'
import { useDesk } from '../view/desk.ts'
import { Icon } from '../view/icons.tsx'

const PICTURE_WIDTH = 220
const PICTURE_HEIGHT = 240

/** Kinds that browsers draw by themselves. */
export function isPicture(file: { content_type: string }): boolean {
  return /^image\/(png|jpe?g|gif|webp|avif)$/.test(file.content_type)
}

export function Files({ files }: { files: FileRef[] }) {
  return <>{files.map((file) => (isPicture(file) ? <Picture file={file} /> : /^video\/(mp4|webm)$/.test(file.content_type) ? <Film file={file} /> : <FileRow file={file} />))}</>
}

/** Nothing of it is fetched before somebody plays it. */
function Film({ file }: { file: FileRef }) {
  return <video class="film" controls preload="none" playsInline src={file.url} aria-label={file.name} title={file.name} />
}

/** Keeps its place before it has loaded: width and height come with the file. */
function Picture({ file }: { file: FileRef }) {
  const { words } = useDesk()
  const [open, setOpen] = useState(false)
  const scale = Math.min(1, PICTURE_WIDTH / (file.width ?? PICTURE_WIDTH), PICTURE_HEIGHT / (file.height ?? PICTURE_HEIGHT))
  const size = file.width && file.height ? { width: Math.round(file.width * scale), height: Math.round(file.height * scale) } : {}
  return (
    <>
      <button class="picture" type="button" aria-label={fill(words.openPicture, file as never)} onClick={() => setOpen(true)}>
        <img src={file.thumbnail_url ?? file.url} alt={fill(words.picture, file as never)} {...size} />
      </button>
      {open && <Lightbox file={file} onClose={() => setOpen(false)} />}
    </>
  )
}

function Lightbox({ file, onClose }: { file: FileRef; onClose(): void }) {
  const { words } = useDesk()
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} class="lightbox" aria-label={file.name} onClose={onClose} onClick={() => dialog.current?.close()}>
      <button class="square" type="button" aria-label={words.close}>
        <Icon name="close" />
      </button>
      <img src={file.url} alt={fill(words.picture, file as never)} />
    </dialog>
  )
}

function FileRow({ file }: { file: FileRef }) {
  const { words } = useDesk()
  return (
    <a class="file" href={file.url} download={file.name} target="_blank" rel="noopener" aria-label={fill(words.download, file as never)}>
      <Icon name="page" />
      <span class="name">{file.name}</span>
      <span class="size">{size(file.size)}</span>
    </a>
  )
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}
