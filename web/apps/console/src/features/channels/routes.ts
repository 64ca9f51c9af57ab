import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/channels',
    component: () => import('./HealthPage.vue'),
    meta: { title: 'channels.title', permission: 'inboxes.write', section: { of: 'settings', order: 21 } },
  },
] satisfies RouteRecordRaw[]
