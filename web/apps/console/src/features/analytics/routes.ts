import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/reports',
    component: () => import('./OverviewPage.vue'),
    meta: { title: 'analytics.title', permission: 'reports.read', nav: { icon: 'chart', order: 50 } },
  },
] satisfies RouteRecordRaw[]
