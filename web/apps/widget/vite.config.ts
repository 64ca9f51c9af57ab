import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const api = process.env['QIAO_DEV_API'] ?? 'http://127.0.0.1:8000'

/** The tokens are shared by all faces; a visitor does not pay for those the panel never names. */
function withoutUnusedTokens(): Plugin {
  return {
    name: 'without-unused-tokens',
    enforce: 'post',
    generateBundle(_, bundle) {
      const sheets = Object.values(bundle).filter((file) => file.type === 'asset' && file.fileName.endsWith('.css'))
      const text = (source: string | Uint8Array) => (typeof source === 'string' ? source : new TextDecoder().decode(source))
      const all = sheets.map((file) => (file.type === 'asset' ? text(file.source) : '')).join('\n')
      const used = new Set([...all.matchAll(/var\((--[\w-]+)/g)].map((found) => found[1]))
      for (const file of sheets) {
        if (file.type !== 'asset') continue
        file.source = text(file.source).replace(/(--[\w-]+):[^;}]+;?/g, (whole, name: string) => (used.has(name) ? whole : ''))
      }
    },
  }
}

/** A dynamic import is the browser's own: Vite's helper for it weighs more than all that the panel fetches by it would save. */
function plainImports(): Plugin {
  const helper = '\0vite/preload-helper.js'
  return {
    name: 'plain-imports',
    enforce: 'pre',
    resolveId: (id) => (id === helper ? id : null),
    load: (id) => (id === helper ? 'export const __vitePreload = (load) => load()' : null),
  }
}

/** The panel: `panel/index.html`, served at /widget/panel/{key} and /chat/{key}; what it loads lies under /widget/. */
export default defineConfig({
  root: here('.'),
  base: '/widget/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  plugins: [plainImports(), withoutUnusedTokens()],
  build: {
    outDir: here('../../../src/qiao/app/faces/widget'),
    emptyOutDir: true,
    manifest: true,
    modulePreload: false,
    assetsInlineLimit: 0,
    target: ['chrome100', 'edge100', 'firefox100', 'safari16'],
    rolldownOptions: { input: here('./panel/index.html') },
  },
  server: { port: 5174, proxy: { '/visitor': { target: api, ws: true } } },
})
