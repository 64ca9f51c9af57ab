import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/inboxes',
    component: () => import('./InboxesPage.vue'),
    meta: { title: 'inboxes.title', permission: 'inboxes.write', section: { of: 'settings', order: 20 } },
  },
  {
    path: '/settings/inboxes/:id',
    component: () => import('./InboxPage.vue'),
    props: true,
    meta: { title: 'inboxes.title', permission: 'inboxes.write' },
  },
] satisfies RouteRecordRaw[]
