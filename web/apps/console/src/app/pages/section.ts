/**
 * Pages that belong together and share a second column of links: knowledge, bot, settings.
 * A page joins by its route: `meta: { section: { of: 'settings', order: 20 } }`; nobody keeps a list.
 */
import type { RouteRecordNormalized, Router } from 'vue-router'
import { can } from '../session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Shows the page in the second column of the section named, ordered from small to large. */
    section?: { of: string; order: number }
  }
}

/** The section's pages that this person may open, in order. */
export function sectionPages(router: Router, of: string): RouteRecordNormalized[] {
  return router
    .getRoutes()
    .filter((route) => !route.aliasOf && route.meta.section?.of === of && can(route.meta.permission))
    .sort((a, b) => (a.meta.section?.order ?? 0) - (b.meta.section?.order ?? 0))
}
