import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/keys',
    component: () => import('./KeysPage.vue'),
    meta: { title: 'keys.title', permission: 'keys.write', section: { of: 'settings', order: 57 } },
  },
] satisfies RouteRecordRaw[]
