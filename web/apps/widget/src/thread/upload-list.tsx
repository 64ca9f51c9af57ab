import { fill, type Words } from '../words/words.ts'
import { useDesk } from '../view/desk.ts'
import { Icon } from '../view/icons.tsx'
import type { Tray, Upload } from './tray.ts'

/** What will go with the message: previews at once, how far each has come, and what went wrong. */
export function UploadList({ items, tray }: { items: Upload[]; tray: Tray }) {
  return (
    <ul class="uploads">
      {items.map((item) => (
        <UploadItem key={item.id} item={item} tray={tray} />
      ))}
    </ul>
  )
}

function UploadItem({ item, tray }: { item: Upload; tray: Tray }) {
  const { words } = useDesk()
  const name = { name: item.file.name }
  return (
    <li class={item.code ? 'failed' : ''}>
      {item.preview ? <img src={item.preview} alt="" width="44" height="44" /> : <Icon name="page" size={24} />}
      <span class="name">
        <span role={item.code ? 'alert' : undefined}>{item.code ? fill(problemOf(item.code, words), name) : item.file.name}</span>
        {!item.code && !item.ready && <progress max={1} value={item.share} aria-label={fill(words.uploading, name)} />}
      </span>
      {item.code && !['too_large', 'type'].includes(item.code) && (
        <button class="quiet square small" type="button" aria-label={words.uploadAgain} title={words.uploadAgain} onClick={() => tray.again(item.id)}>
          <Icon name="again" size={18} />
        </button>
      )}
      <button class="quiet square small" type="button" aria-label={fill(words.remove, name)} onClick={() => tray.remove(item.id)}>
        <Icon name="close" size={18} />
      </button>
    </li>
  )
}

function problemOf(code: string, words: Words): string {
  if (code === 'too_large') return words.tooLarge
  return code === 'type' ? words.typeRefused : words.uploadFailed
}
