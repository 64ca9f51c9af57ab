import type { RouteLocationNormalized, RouteRecordRaw } from 'vue-router'
import { allMessages } from '@/app/i18n'

/** Nobody waits at these for the first screen of the others: their words come with all. */
const worded = async (): Promise<void> => allMessages()
/** What opens the page stands behind `#`, which a browser keeps to itself; in links of an earlier program it is a part of the path. */
const opened = (to: RouteLocationNormalized): { token: string } => ({ token: to.hash.slice(1) || String(to.params['token'] ?? '') })

export default [
  { path: '/login', component: () => import('./LoginPage.vue'), meta: { bare: true, title: 'session.sign_in' } },
  { path: '/invite/:token?', component: () => import('./InvitePage.vue'), props: opened, meta: { bare: true, title: 'session.join' } },
  { path: '/forgotten', component: () => import('./ForgottenPage.vue'), beforeEnter: worded, meta: { bare: true, title: 'recovery.forgotten_title' } },
  { path: '/reset/:token?', component: () => import('./ResetPage.vue'), props: opened, beforeEnter: worded, meta: { bare: true, title: 'recovery.reset' } },
] satisfies RouteRecordRaw[]
