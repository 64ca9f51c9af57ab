import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/tickets',
    component: () => import('./TicketsPage.vue'),
    meta: { title: 'tickets.title', permission: 'conversations.read', nav: { icon: 'ticket', order: 15 } },
  },
  {
    path: '/tickets/:id',
    component: () => import('./TicketPage.vue'),
    props: true,
    meta: { title: 'tickets.title', permission: 'conversations.read' },
  },
] satisfies RouteRecordRaw[]
