import { byNamespace } from './namespaces'

export default byNamespace(import.meta.glob('../locales/zh/*.json', { eager: true, import: 'default' }))
