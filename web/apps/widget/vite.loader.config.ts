import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The loader: one classic script with a stable name, `qiao.js`, because the address stands in other people's pages. */
export default defineConfig({
  root: here('.'),
  build: {
    outDir: here('../../../src/qiao/app/faces/widget'),
    emptyOutDir: false,
    target: ['chrome94', 'edge94', 'firefox94', 'safari15'],
    lib: { entry: here('./src/loader.ts'), name: 'QiaoLoader', formats: ['iife'], fileName: () => 'qiao.js' },
  },
})
