/** What the palette offers for what is typed: actions, pages, conversations, people, and what the server's search finds. */
import type { IconName } from '@qiao/ui'
import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { api, ok } from '@/app/api'
import { conversations } from '@/app/conversations'
import { translate } from '@/app/i18n'
import { usePeople } from '@/app/people'
import { pageLink, railPages } from '@/app/router'
import { can } from '@/app/session'
import { shortcuts } from '@/app/shortcuts'
import type { SearchResult } from '@/app/wire'

export interface Command {
  key: string
  label: string
  detail?: string
  icon: IconName
  keys?: string
  run: () => void
}
export interface CommandGroup {
  title: string
  items: Command[]
}

const matches = (query: string, ...texts: (string | null | undefined)[]) =>
  query === '' || texts.some((text) => text?.toLowerCase().includes(query))

/** Asks the server a moment after the last key; an older answer never replaces a newer one. */
function useFound(query: Ref<string>): { found: Ref<SearchResult | null>; searching: Ref<boolean> } {
  const found = shallowRef<SearchResult | null>(null)
  const searching = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let asked = ''

  async function ask(q: string): Promise<void> {
    asked = q
    searching.value = true
    const result = await ok(api.GET('/search', { params: { query: { q, limit: 6 } } })).catch(() => null)
    if (asked !== q) return
    found.value = result
    searching.value = false
  }
  watch(query, (typed) => {
    clearTimeout(timer)
    const q = typed.trim()
    if (q === '') {
      asked = ''
      found.value = null
      searching.value = false
    } else timer = setTimeout(() => void ask(q), 160)
  })
  onScopeDispose(() => clearTimeout(timer))
  return { found, searching }
}

export function usePalette(query: Ref<string>): { groups: ComputedRef<CommandGroup[]>; searching: Ref<boolean> } {
  const router = useRouter()
  const { people } = usePeople()
  const { found, searching } = useFound(query)
  const typed = computed(() => query.value.trim().toLowerCase())
  const go = (path: string) => () => void router.push(path)

  // The commands are those that were possible when the palette was opened: its own field must not change them.
  const possible = shortcuts.filter((item) => item.id !== 'shell.palette' && item.id !== 'conversations.enter' && (item.when?.() ?? true))

  const actions = computed((): Command[] =>
    possible
      .filter((item, index) => possible.findIndex((other) => other.title === item.title) === index && matches(typed.value, translate(item.title)))
      .map((item) => ({ key: item.id, label: translate(item.title), icon: item.icon ?? 'arrow-right', run: item.run, ...(item.keys ? { keys: item.keys } : {}) })),
  )
  const pages = computed((): Command[] =>
    railPages()
      .map((page) => ({ page, label: translate(page.meta?.title ?? '') }))
      .filter(({ label }) => matches(typed.value, label))
      .map(({ page, label }) => ({ key: page.path, label, icon: page.meta?.nav?.icon ?? 'arrow-right', run: go(pageLink(page)) })),
  )
  const held = computed((): Command[] => {
    if (typed.value === '') return []
    const { order, conversations: all } = conversations.value
    return order
      .map((id) => all.get(id))
      .filter((item) => item !== undefined)
      .filter((item) => matches(typed.value, item.contact.name, item.contact.email, `#${item.number}`))
      .slice(0, 6)
      .map((item) => ({
        key: item.id,
        label: item.contact.name ?? item.contact.email ?? `#${item.number}`,
        detail: item.preview?.text ?? '',
        icon: 'chat',
        run: go(`/conversations/all/${item.id}`),
      }))
  })
  const team = computed((): Command[] =>
    typed.value === '' || !can('people.write')
      ? []
      : people.value
          .filter((item) => matches(typed.value, item.name, item.email))
          .slice(0, 4)
          .map((item) => ({ key: item.id, label: item.name, detail: item.email, icon: 'user', run: go('/people') })),
  )
  const messages = computed((): Command[] =>
    (found.value?.messages ?? []).map((item) => ({
      key: item.message_id,
      label: item.conversation.contact.name ?? item.conversation.contact.email ?? `#${item.conversation.number}`,
      detail: item.snippet,
      icon: 'quote',
      run: go(`/conversations/all/${item.conversation.id}?seq=${item.seq}`),
    })),
  )
  const contacts = computed((): Command[] =>
    (found.value?.contacts ?? []).map((item) => ({
      key: `contact-${item.id}`,
      label: item.name ?? item.email ?? item.id.slice(-4),
      detail: item.email ?? item.city ?? '',
      icon: 'people',
      run: go(`/contacts/${item.id}`),
    })),
  )
  const articles = computed((): Command[] =>
    (found.value?.articles ?? []).map((item) => ({ key: `article-${item.id}-${item.language}`, label: item.title, icon: 'book', run: go(`/knowledge/articles/${item.id}`) })),
  )
  const everything = computed((): Command[] =>
    typed.value === ''
      ? []
      : [{ key: 'search', label: translate('search.all_results', { query: query.value.trim() }), icon: 'search', run: go(`/search?q=${encodeURIComponent(query.value.trim())}`) }],
  )

  const groups = computed(() =>
    [
      { title: translate('shell.group_conversations'), items: held.value },
      { title: translate('shell.group_actions'), items: actions.value },
      { title: translate('shell.group_pages'), items: pages.value },
      { title: translate('shell.group_messages'), items: messages.value },
      { title: translate('shell.group_contacts'), items: contacts.value },
      { title: translate('shell.group_articles'), items: articles.value },
      { title: translate('shell.group_people'), items: team.value },
      { title: translate('search.title'), items: everything.value },
    ].filter((group) => group.items.length > 0),
  )
  return { groups, searching }
}
