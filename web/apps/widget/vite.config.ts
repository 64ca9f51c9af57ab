import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The panel: a page of its own under /widget/, opened by the loader in a frame, by a link or by an app's web view. */
export default defineConfig({
  base: '/widget/',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../../../src/qiao/app/faces/widget'),
    emptyOutDir: true,
    manifest: true,
    modulePreload: { polyfill: false },
    target: 'es2020',
    rolldownOptions: { input: here('./panel.html') },
  },
  server: { port: 5174, proxy: { '/api': { target: process.env['QIAO_DEV_API'] ?? 'http://127.0.0.1:8000', ws: true } } },
})
