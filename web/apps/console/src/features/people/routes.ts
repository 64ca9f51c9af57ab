import type { RouteRecordRaw } from 'vue-router'

export default [
  {
    path: '/settings/people',
    component: () => import('./PeoplePage.vue'),
    meta: { title: 'people.title', permission: 'people.write', section: { of: 'settings', order: 30 } },
  },
  {
    path: '/settings/teams',
    component: () => import('./TeamsPage.vue'),
    meta: { title: 'people.team.title', permission: 'people.write', section: { of: 'settings', order: 40 } },
  },
  {
    path: '/settings/account',
    alias: '/account',
    component: () => import('./AccountPage.vue'),
    meta: { title: 'people.account.title', section: { of: 'settings', order: 90 } },
  },
] satisfies RouteRecordRaw[]
