/** The built faces: where they are, their files, their sizes. Shared by the scripts beside it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'

export const WEB = join(import.meta.dirname, '..')
export const FACES = join(WEB, '..', 'src', 'qiao', 'app', 'faces')

/** Every file below `folder`, as paths relative to it with forward slashes. */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

export const gzipSize = (file) => gzipSync(readFileSync(file), { level: 9 }).length

export const readManifest = (face) => JSON.parse(readFileSync(join(FACES, face, '.vite', 'manifest.json'), 'utf8'))

/** What the browser fetches to show an entry of the manifest: its script, the scripts it imports at once, their styles. */
export function fetchedAtOnce(manifest, entry) {
  const seen = new Set()
  const files = { js: new Set(), css: new Set() }
  const visit = (key) => {
    if (seen.has(key)) return
    seen.add(key)
    const chunk = manifest[key]
    if (chunk.file.endsWith('.js')) files.js.add(chunk.file)
    else files.css.add(chunk.file)
    for (const style of chunk.css ?? []) files.css.add(style)
    for (const next of chunk.imports ?? []) visit(next)
  }
  visit(entry)
  return { js: [...files.js], css: [...files.css] }
}
