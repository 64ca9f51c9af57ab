/** What all other pages say: fetched right after the first screen. */
import { byNamespace } from './namespaces'

export default byNamespace(
  import.meta.glob(['../locales/zh/*.json', '!../locales/zh/{shell,session,conversations,search,notifications,problems,people-presence}.json'], { eager: true, import: 'default' }),
)
