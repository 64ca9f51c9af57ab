import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/search', component: () => import('./SearchPage.vue'), meta: { title: 'search.title', permission: 'conversations.read' } },
] satisfies RouteRecordRaw[]
