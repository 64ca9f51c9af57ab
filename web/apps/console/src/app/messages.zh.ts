/** What the frame and the pages of conversations say: enough for the first screen. */
import { byNamespace } from './namespaces'

export default byNamespace(
  import.meta.glob('../locales/zh/{shell,session,conversations,search,notifications,problems,people-presence}.json', { eager: true, import: 'default' }),
)
