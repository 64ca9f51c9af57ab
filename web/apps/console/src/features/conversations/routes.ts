import type { RouteRecordRaw } from 'vue-router'

const VIEW = ':view(mine|waiting|bot|open|snoozed|resolved|all)'

export default [
  { path: '/conversations', redirect: '/conversations/mine' },
  {
    path: `/conversations/${VIEW}/:id?`,
    component: () => import('./ConversationsPage.vue'),
    props: true,
    meta: { title: 'conversations.title', permission: 'conversations.read', nav: { icon: 'inbox', order: 10 } },
  },
  { path: '/conversations/:id([0-9a-f-]{36})', redirect: (to) => `/conversations/all/${String(to.params['id'])}` },
] satisfies RouteRecordRaw[]
