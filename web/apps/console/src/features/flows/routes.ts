import type { RouteRecordRaw } from 'vue-router'

const section = (order: number): { of: string; order: number } => ({ of: 'bot', order })

export default [
  {
    path: '/bot/flows',
    component: () => import('./FlowsPage.vue'),
    meta: { title: 'flows.title', permission: 'knowledge.read', section: section(15) },
  },
  {
    path: '/bot/flows/:id',
    component: () => import('./FlowPage.vue'),
    props: true,
    meta: { title: 'flows.title', permission: 'knowledge.read' },
  },
  {
    path: '/bot/tools',
    component: () => import('./ToolsPage.vue'),
    meta: { title: 'flows.tools.title', permission: 'knowledge.read', section: section(17) },
  },
] satisfies RouteRecordRaw[]
