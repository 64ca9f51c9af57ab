import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/login', component: () => import('./LoginPage.vue'), meta: { bare: true, title: 'session.sign_in' } },
  { path: '/invite/:token', component: () => import('./InvitePage.vue'), props: true, meta: { bare: true, title: 'session.join' } },
  { path: '/forgotten', component: () => import('./ForgottenPage.vue'), meta: { bare: true, title: 'recovery.forgotten_title' } },
  { path: '/reset/:token', component: () => import('./ResetPage.vue'), props: true, meta: { bare: true, title: 'recovery.reset' } },
] satisfies RouteRecordRaw[]
