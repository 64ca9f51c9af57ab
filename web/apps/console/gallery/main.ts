/** Every component in every state, for looking: /app/gallery/?lang=zh&theme=dark&open=dialog. Served by `npm run dev`, never built. */
import './gallery.css'
import { applyTheme, setUiLocale, theme } from '@qiao/ui'
import { createApp } from 'vue'
import Gallery from './Gallery.vue'

const wish = new URLSearchParams(location.search)
const locale = wish.get('lang') === 'zh' ? 'zh' : 'en'
document.documentElement.lang = locale === 'zh' ? 'zh-CN' : 'en'
setUiLocale(locale)
theme.value = wish.get('theme') === 'dark' ? 'dark' : 'light'
applyTheme()
createApp(Gallery, { locale, open: wish.get('open') ?? '' }).mount('#app')
