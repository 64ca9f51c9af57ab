import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/webhooks',
    component: () => import('./WebhooksPage.vue'),
    meta: { title: 'webhooks.title', permission: 'webhooks.write', section: { of: 'settings', order: 55 } },
  },
  {
    path: '/settings/webhooks/:id',
    component: () => import('./WebhookPage.vue'),
    props: true,
    meta: { title: 'webhooks.title', permission: 'webhooks.write' },
  },
] satisfies RouteRecordRaw[]
