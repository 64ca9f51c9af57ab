import type { RouteRecordRaw } from 'vue-router'

const section = (order: number): { of: string; order: number } => ({ of: 'knowledge', order })

export default [
  {
    path: '/knowledge',
    component: () => import('@/app/pages/SectionIndex.vue'),
    props: { section: 'knowledge' },
    meta: { title: 'knowledge.title', permission: 'knowledge.read', nav: { icon: 'book', order: 30 } },
  },
  {
    path: '/knowledge/faqs',
    component: () => import('./FaqsPage.vue'),
    meta: { title: 'knowledge.faq.title', permission: 'knowledge.read', section: section(10) },
  },
  {
    path: '/knowledge/articles',
    component: () => import('./ArticlesPage.vue'),
    meta: { title: 'knowledge.article.title', permission: 'knowledge.read', section: section(20) },
  },
  {
    path: '/knowledge/articles/:id',
    component: () => import('./ArticlePage.vue'),
    props: true,
    meta: { title: 'knowledge.article.title', permission: 'knowledge.read' },
  },
  {
    path: '/knowledge/categories',
    component: () => import('./CategoriesPage.vue'),
    meta: { title: 'knowledge.category_page.title', permission: 'knowledge.write', section: section(30) },
  },
  {
    path: '/knowledge/snippets',
    component: () => import('./SnippetsPage.vue'),
    meta: { title: 'knowledge.snippet.title', permission: 'knowledge.read', section: section(40) },
  },
  {
    path: '/knowledge/import',
    component: () => import('./ImportPage.vue'),
    meta: { title: 'knowledge.import.title', permission: 'knowledge.write', section: section(50) },
  },
] satisfies RouteRecordRaw[]
