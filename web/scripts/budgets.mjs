/** Holds the built faces to their size budgets (gzip, KB of 1024). Prints a table; ends with 1 when one is over. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { FACES, fetchedAtOnce, filesBelow, gzipSize, readManifest } from './built.mjs'

const KB = 1024

/** Beside the entry: the frame, the pages of conversations (what opens first) and the heavier of the two languages. */
const FIRST_SCREEN = /shell\/ShellFrame\.vue$|features\/conversations\/[^/]*Page\.vue$|messages\.zh\.ts$/
const PANEL_LANGUAGE = /\/zh\.ts$/

const total = (face, files) => files.reduce((sum, file) => sum + gzipSize(join(FACES, face, file)), 0)

function measureConsole() {
  const manifest = readManifest('console')
  const first = ['index.html', ...Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry && FIRST_SCREEN.test(key))]
  if (!first.some((key) => key.includes('features/conversations/'))) console.error('! No page of conversations was found: its share is not in the first route.')
  const parts = first.map((key) => fetchedAtOnce(manifest, key))
  const js = [...new Set(parts.flatMap((part) => part.js))]
  const css = [...new Set(parts.flatMap((part) => part.css))]
  const lazy = Object.values(manifest).filter(({ file }) => file.endsWith('.js') && !js.includes(file))
  const largest = lazy.map(({ file }) => [file, gzipSize(join(FACES, 'console', file))]).sort((a, b) => b[1] - a[1])[0] ?? ['(none)', 0]
  return [
    ['console, first route JS', total('console', js), 150],
    ['console, first route CSS', total('console', css), 30],
    [`console, largest lazy chunk ${largest[0]}`, largest[1], 200],
  ]
}

function measureWidget() {
  const manifest = readManifest('widget')
  const page = Object.keys(manifest).find((key) => manifest[key].isEntry && key.endsWith('.html'))
  const first = [page, ...Object.keys(manifest).filter((key) => PANEL_LANGUAGE.test(key))].map((key) => fetchedAtOnce(manifest, key))
  const opened = [...new Set(first.flatMap(({ js, css }) => [...js, ...css]))]
  const every = filesBelow(join(FACES, 'widget', 'assets')).filter((name) => /\.(js|css)$/.test(name))
  return [
    ['widget loader', total('widget', ['qiao.js']), 1.5],
    ['widget panel, first open', total('widget', [...opened, page]), 20],
    ['widget panel, everything', total('widget', every.map((name) => `assets/${name}`)), 35],
  ]
}

if (!existsSync(join(FACES, 'console', 'index.html'))) {
  console.error('The faces are not built: run `npm run build` first.')
  process.exit(1)
}

let over = 0
for (const [title, size, budget] of [...measureWidget(), ...measureConsole()]) {
  const fits = size <= budget * KB
  over += fits ? 0 : 1
  console.log(`${fits ? '✓' : '✗'} ${(size / KB).toFixed(2).padStart(7)} KB of ${String(budget).padStart(4)}  ${title}`)
}
process.exit(over ? 1 : 0)
