import './app/console.css'
import { applyTheme } from '@qiao/ui'
import { createApp } from 'vue'
import App from './App.vue'
import { currentLocale, i18n, setLocale } from './app/i18n'
import { router } from './app/router'
import { followTitle } from './app/title'

applyTheme()
await setLocale(currentLocale())
followTitle()
createApp(App).use(i18n).use(router).mount('#app')
