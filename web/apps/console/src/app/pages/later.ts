/** Parts whose words are in the further catalogue: fetched together with it, so that no key is ever shown. */
import { defineAsyncComponent, type AsyncComponentLoader, type Component } from 'vue'
import { allMessages } from '../i18n'

export function withWords<T extends Component>(load: AsyncComponentLoader<T>): T {
  return defineAsyncComponent<T>(() => Promise.all([load(), allMessages()]).then(([part]) => part as T))
}
