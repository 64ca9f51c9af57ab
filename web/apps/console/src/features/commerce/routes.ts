import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/commerce',
    component: () => import('./CommercePage.vue'),
    meta: { title: 'commerce.title', permission: 'workspace.write', section: { of: 'settings', order: 50 } },
  },
] satisfies RouteRecordRaw[]
