import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/audit',
    component: () => import('./AuditPage.vue'),
    meta: { title: 'audit.title', permission: 'audit.read', section: { of: 'settings', order: 80 } },
  },
] satisfies RouteRecordRaw[]
