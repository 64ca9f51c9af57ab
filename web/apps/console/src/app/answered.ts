/** Unanswered questions to which somebody here has just written the answer: the server takes them off its list a moment later. */
import { shallowReactive } from 'vue'
import type { Id } from './wire'

export const answeredHere = shallowReactive(new Set<Id>())
