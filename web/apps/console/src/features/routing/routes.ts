import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/bot/rules',
    component: () => import('./RulesPage.vue'),
    meta: { title: 'assist.rules_title', permission: 'knowledge.read', section: { of: 'bot', order: 35 } },
  },
] satisfies RouteRecordRaw[]
