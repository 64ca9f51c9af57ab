import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** The loader: one classic script with a stable name, `loader.js`, because the address stands in other people's pages. */
export default defineConfig({
  base: '/widget/',
  build: {
    outDir: here('../../../src/qiao/app/faces/widget'),
    emptyOutDir: false,
    target: 'es2018',
    lib: { entry: here('./src/loader.ts'), name: 'QiaoLoader', formats: ['iife'], fileName: () => 'loader.js' },
  },
})
