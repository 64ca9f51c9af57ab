import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings',
    component: () => import('@/app/pages/SectionIndex.vue'),
    props: { section: 'settings' },
    meta: { title: 'workspace.title', nav: { icon: 'settings', order: 60 } },
  },
  {
    path: '/settings/workspace',
    component: () => import('./WorkspacePage.vue'),
    meta: { title: 'workspace.workspace', permission: 'workspace.write', section: { of: 'settings', order: 10 } },
  },
] satisfies RouteRecordRaw[]
