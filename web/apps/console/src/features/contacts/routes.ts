import { QIcon } from '@qiao/ui'
import { h } from 'vue'
import type { RouteRecordRaw } from 'vue-router'

const icon = (): ReturnType<typeof h> => h(QIcon, { name: 'user' })

export default [
  {
    path: '/contacts',
    component: () => import('./ContactsPage.vue'),
    meta: { title: 'contacts.title', permission: 'contacts.read', nav: { icon, order: 20 } },
  },
  {
    path: '/contacts/:id',
    component: () => import('./ContactPage.vue'),
    props: true,
    meta: { title: 'contacts.title', permission: 'contacts.read' },
  },
] satisfies RouteRecordRaw[]
