import type { RouteRecordRaw } from 'vue-router'
import { allMessages } from '@/app/i18n'

/** Nobody waits at these for the first screen of the others: their words come with all. */
const worded = async (): Promise<void> => allMessages()

export default [
  { path: '/login', component: () => import('./LoginPage.vue'), meta: { bare: true, title: 'session.sign_in' } },
  { path: '/invite/:token', component: () => import('./InvitePage.vue'), props: true, meta: { bare: true, title: 'session.join' } },
  { path: '/forgotten', component: () => import('./ForgottenPage.vue'), beforeEnter: worded, meta: { bare: true, title: 'recovery.forgotten_title' } },
  { path: '/reset/:token', component: () => import('./ResetPage.vue'), props: true, beforeEnter: worded, meta: { bare: true, title: 'recovery.reset' } },
] satisfies RouteRecordRaw[]
