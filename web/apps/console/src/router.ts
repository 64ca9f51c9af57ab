import { createRouter, createWebHistory } from 'vue-router'

export const router = createRouter({
  history: createWebHistory('/app/'),
  routes: [
    { path: '/', name: 'home', component: () => import('./shell/HomePage.vue') },
    { path: '/:rest(.*)*', redirect: { name: 'home' } },
  ],
})
