import { fileURLToPath } from 'node:url'
import VueI18n from '@intlify/unplugin-vue-i18n/vite'
import tailwind from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const api = process.env['QIAO_DEV_API'] ?? 'http://127.0.0.1:8000'

/** The console: one page under /app/, cut into chunks by route. `gallery/` is served by `npm run dev` only. */
export default defineConfig({
  base: '/app/',
  plugins: [
    vue(),
    tailwind(),
    VueI18n({ include: [here('./src/locales/**/*.json')], runtimeOnly: true, dropMessageCompiler: true, compositionOnly: true, fullInstall: false }),
  ],
  define: { __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false' },
  resolve: { alias: { '@': here('./src') } },
  build: {
    outDir: here('../../../src/qiao/app/faces/console'),
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { '/api': { target: api }, '/files': { target: api }, '/live': { target: api, ws: true } } },
})
