import type { RouteRecordRaw } from 'vue-router'

const section = (order: number): { of: string; order: number } => ({ of: 'bot', order })

export default [
  {
    path: '/bot',
    component: () => import('@/app/pages/SectionIndex.vue'),
    props: { section: 'bot' },
    meta: { title: 'bot.title', permission: 'knowledge.read', nav: { icon: 'robot', order: 40 } },
  },
  {
    path: '/bot/try',
    component: () => import('./TryPage.vue'),
    meta: { title: 'bot.try.title', permission: 'knowledge.read', section: section(10) },
  },
  {
    path: '/bot/intents',
    component: () => import('./intents/IntentsPage.vue'),
    meta: { title: 'bot.intents.title', permission: 'knowledge.read', section: section(18) },
  },
  {
    path: '/bot/unanswered',
    component: () => import('./UnansweredPage.vue'),
    meta: { title: 'bot.unanswered.title', permission: 'knowledge.read', section: section(20) },
  },
  {
    path: '/bot/learning',
    component: () => import('./learning/LearningPage.vue'),
    meta: { title: 'learning.title', permission: 'knowledge.read', section: section(22) },
  },
  {
    path: '/bot/evaluation',
    component: () => import('./learning/EvaluationPage.vue'),
    meta: { title: 'evaluation.title', permission: 'knowledge.read', section: section(24) },
  },
  {
    path: '/bot/evaluation/:set',
    component: () => import('./learning/SetPage.vue'),
    meta: { title: 'evaluation.title', permission: 'knowledge.read' },
  },
  {
    path: '/bot/settings',
    component: () => import('./BotSettingsPage.vue'),
    meta: { title: 'bot.settings.title', permission: 'knowledge.write', section: section(30) },
  },
  {
    path: '/bot/language-model',
    component: () => import('./generating/LanguageModelPage.vue'),
    meta: { title: 'llm.title', permission: 'workspace.write', section: section(32) },
  },
] satisfies RouteRecordRaw[]
