import { QIcon } from '@qiao/ui'
import { h } from 'vue'
import type { RouteRecordRaw } from 'vue-router'
import { router } from '@/app/router'
import { sectionStart } from '@/app/pages/section'

const icon = (): ReturnType<typeof h> => h(QIcon, { name: 'settings' })

export default [
  {
    path: '/settings',
    redirect: () => sectionStart(router, 'settings'),
    meta: { title: 'workspace.title', nav: { icon, order: 60 } },
  },
  {
    path: '/settings/workspace',
    component: () => import('./WorkspacePage.vue'),
    meta: { title: 'workspace.workspace', permission: 'workspace.write', section: { of: 'settings', order: 10 } },
  },
] satisfies RouteRecordRaw[]
