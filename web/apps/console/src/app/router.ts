/** Pages of the console. Each feature brings its own `routes.ts`; nobody edits a common list. */
import type { IconName } from '@qiao/ui'
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { allMessages } from './i18n'
import { Problem } from './problem'
import { can, loadSession, me } from './session'
import { titleKey } from './title'
import type { Permission } from './wire'

declare module 'vue-router' {
  interface RouteMeta {
    /** Catalogue key of the page's title, e.g. `people.title`. */
    title?: string
    /** Who may open it; without one, everybody who is signed in. */
    permission?: Permission
    /** Shown without signing in and without the shell. */
    bare?: boolean
    /** Puts the page on the rail. */
    nav?: { icon: IconName; order: number; badge?: () => number }
  }
}

const found = import.meta.glob<RouteRecordRaw[]>('../features/*/routes.ts', { eager: true, import: 'default' })
const all = Object.values(found).flat()

/** The pages on the rail that this person may open, in order. */
export function railPages(): RouteRecordRaw[] {
  return all
    .filter((route) => route.meta?.nav !== undefined && can(route.meta.permission))
    .sort((a, b) => (a.meta?.nav?.order ?? 0) - (b.meta?.nav?.order ?? 0))
}

/** Where a page on the rail leads: its path without what follows it (`/conversations/:view` → `/conversations`). */
export function pageLink(page: RouteRecordRaw): string {
  return page.path.replace(/\/:.*$/, '')
}

export function homePath(): string {
  const [first] = railPages()
  return first ? pageLink(first) : '/account'
}

export const router = createRouter({
  history: createWebHistory('/app/'),
  routes: [
    ...all.filter((route) => route.meta?.bare === true),
    {
      path: '/',
      component: () => import('../shell/ShellFrame.vue'),
      children: [
        { path: '', component: () => import('../shell/NotFound.vue') },
        ...all.filter((route) => route.meta?.bare !== true),
        { path: '/:rest(.*)*', component: () => import('../shell/NotFound.vue'), meta: { title: 'shell.not_found' } },
      ],
    },
  ],
})

async function signedIn(): Promise<boolean> {
  if (me.value !== null) return true
  try {
    await loadSession()
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return false
    throw error
  }
}

router.beforeEach(async (to) => {
  if (to.meta.bare) return true
  if (!(await signedIn())) return { path: '/login', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
  // Which page comes first depends on who it is, so it is decided only now.
  if (to.path === '/') return { path: homePath(), replace: true }
  if (!can(to.meta.permission)) return { path: homePath(), replace: true }
  return true
})

router.beforeResolve(async (to) => {
  if (!to.meta.bare && !to.path.startsWith('/conversations')) await allMessages()
})

router.afterEach((to, _from, failure) => {
  titleKey.value = to.meta.title ?? ''
  if (failure || !to.meta.bare || me.value === null) return
  // Whoever comes next finds nothing of who was signed in: loaded anew, no store of this tab holds anything.
  document.body.hidden = true
  location.reload()
})
