import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/contacts',
    component: () => import('./ContactsPage.vue'),
    meta: { title: 'contacts.title', permission: 'contacts.read', nav: { icon: 'user', order: 20 } },
  },
  {
    path: '/contacts/:id',
    component: () => import('./ContactPage.vue'),
    props: true,
    meta: { title: 'contacts.title', permission: 'contacts.read' },
  },
] satisfies RouteRecordRaw[]
