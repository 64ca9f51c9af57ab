/** Where a figure leads: the conversations behind it. The list has no inbox filter, so a figure of one inbox leads to all of that state. */
import type { RouteLocationRaw } from 'vue-router'
import type { View } from '@/app/wire'

export const conversationsLink = (view: View): RouteLocationRaw => `/conversations/${view}`
