/** The console API as openapi-fetch reads it: path → method → parameters, body, answer. */
import type * as W from './wire'

interface Json<T> {
  content: { 'application/json': T }
}
type Path = { path: { id: string } }
type Parameters<O> = {
  query?: O extends { query: infer Q } ? Q : never
  header?: never
  cookie?: never
} & (O extends { path: infer P } ? { path: P } : { path?: never })
type Body<O> = O extends { body: infer B } ? { requestBody: Json<B> } : { requestBody?: never }
type Op<R, O = object> = { parameters: Parameters<O>; responses: { 200: Json<R> & { headers: object } } } & Body<O>
type Void = undefined
type Paging = { cursor?: string; limit?: number }
type Empty = Record<string, never>
type Partially<T> = Partial<T>

export interface Routes {
  '/session': {
    get: Op<W.Me>
    post: Op<W.Me, { body: { email: string; password: string; workspace?: string } }>
    delete: Op<Void>
  }
  '/sessions': { get: Op<W.Page<W.BrowserSession>> }
  '/sessions/{id}': { delete: Op<Void, Path> }
  '/me': {
    patch: Op<W.Me, { body: { name?: string; locale?: W.Language; preferences?: Partially<W.Preferences> } }>
  }
  '/me/password': { put: Op<Void, { body: { current: string; new: string } }> }
  '/me/availability': { put: Op<W.Person, { body: { availability: W.Availability } }> }
  '/invites': {
    get: Op<W.Page<W.Invite>>
    post: Op<W.Invite, { body: { email: string; role: W.Role; team_ids: W.Id[] } }>
  }
  '/invites/{id}': { delete: Op<Void, Path> }
  '/invites/lookup': {
    post: Op<{ email: string; role: W.Role; workspace_name: W.Localised }, { body: { token: string } }>
  }
  '/invites/accept': {
    post: Op<W.Me, { body: { token: string; name: string; password: string; locale: W.Language } }>
  }

  '/people': { get: Op<W.Page<W.Person>> }
  '/people/{id}': {
    patch: Op<W.Person, Path & { body: Partially<Pick<W.Person, 'name' | 'role' | 'chat_limit' | 'team_ids' | 'disabled'>> }>
  }
  '/teams': { get: Op<W.Page<W.Team>>; post: Op<W.Team, { body: { name: W.Localised; member_ids: W.Id[] } }> }
  '/teams/{id}': {
    patch: Op<W.Team, Path & { body: { name?: W.Localised; member_ids?: W.Id[] } }>
    delete: Op<Void, Path>
  }
  '/workspace': { get: Op<W.Workspace>; patch: Op<W.Workspace, { body: Partially<W.Workspace> }> }

  '/contacts': { get: Op<W.Page<W.Contact>, { query: { query?: string } & Paging }> }
  '/contacts/{id}': {
    get: Op<W.Contact, Path>
    patch: Op<W.Contact, Path & { body: Partially<Pick<W.Contact, 'name' | 'email' | 'phone' | 'attributes'>> }>
  }
  '/contacts/{id}/conversations': { get: Op<W.Page<W.Conversation>, Path & { query: Paging }> }

  '/channels': { get: Op<W.Page<W.Channel>> }
  '/inboxes': { get: Op<W.Page<W.Inbox>>; post: Op<W.Inbox, { body: { channel: string; name: string } }> }
  '/inboxes/{id}': {
    get: Op<W.Inbox, Path>
    patch: Op<
      W.Inbox,
      Path & { body: Partially<Pick<W.Inbox, 'name' | 'enabled' | 'team_id' | 'bot_enabled' | 'hours' | 'settings'>> }
    >
  }
  '/inboxes/{id}/snippet': {
    get: Op<{ snippet: string; page_url: string; identity_example: Record<'python' | 'node' | 'php', string> }, Path>
  }
  '/inboxes/{id}/identity-keys': {
    get: Op<W.Page<W.IdentityKey>, Path>
    post: Op<{ id: W.Id; secret: string }, Path & { body: Empty }>
  }
  '/inboxes/{id}/identity-keys/{key_id}': { delete: Op<Void, { path: { id: string; key_id: string } }> }

  '/conversations': {
    get: Op<
      W.Page<W.Conversation>,
      {
        query: { view?: W.View; team_id?: W.Id; inbox_id?: W.Id; tag?: string; contact_id?: W.Id } & Paging
      }
    >
    post: Op<
      { conversation: W.Conversation; message: W.Message },
      {
        body: {
          inbox_id: W.Id
          contact_id?: W.Id
          contact?: { name?: string; email?: string; phone?: string }
          text: string
          client_id: string
          author: 'agent' | 'contact'
        }
      }
    >
  }
  '/conversations/counts': { get: Op<W.Counts> }
  '/conversations/{id}': { get: Op<W.ConversationPage, Path> }
  '/conversations/{id}/messages': {
    get: Op<{ items: W.Message[]; has_more: boolean }, Path & { query: { before?: number; limit?: number } }>
    post: Op<W.Message, Path & { body: W.PostMessage }>
  }
  '/conversations/{id}/claim': { post: Op<W.Conversation, Path & { body: Empty }> }
  '/conversations/{id}/transfer': {
    post: Op<W.Conversation, Path & { body: { person_id?: W.Id; team_id?: W.Id; note?: string } }>
  }
  '/conversations/{id}/resolve': { post: Op<W.Conversation, Path & { body: Empty }> }
  '/conversations/{id}/reopen': { post: Op<W.Conversation, Path & { body: Empty }> }
  '/conversations/{id}/snooze': { post: Op<W.Conversation, Path & { body: { until: W.Instant } }> }
  '/conversations/{id}/hand-to-bot': { post: Op<W.Conversation, Path & { body: Empty }> }
  '/conversations/{id}/tags': { put: Op<W.Conversation, Path & { body: { tags: string[] } }> }
  '/conversations/{id}/read': { put: Op<Void, Path & { body: { seq: number } }> }
  '/conversations/{id}/draft': { put: Op<Void, Path & { body: W.Draft }> }
  '/conversations/{id}/turns': { get: Op<W.Page<W.BotTurn>, Path> }
  '/search': { get: Op<W.SearchResult, { query: { q: string; limit?: number } }> }
  '/tags': { get: Op<W.Page<{ name: string; count: number }>> }
  '/queue': { get: Op<W.Page<W.QueueItem>> }
  '/files': { post: Op<W.StoredFile, { body: { file: File } }> }

  '/knowledge/categories': {
    get: Op<W.Page<W.Category>>
    post: Op<W.Category, { body: Partially<Omit<W.Category, 'id'>> }>
  }
  '/knowledge/categories/{id}': {
    patch: Op<W.Category, Path & { body: Partially<Omit<W.Category, 'id'>> }>
    delete: Op<Void, Path>
  }
  '/knowledge/faqs': {
    get: Op<
      W.Page<W.Faq>,
      { query: { query?: string; language?: W.Language; category_id?: W.Id; status?: W.Faq['status'] } & Paging }
    >
    post: Op<
      W.Faq,
      {
        body: Pick<W.Faq, 'language' | 'question' | 'variants' | 'answer'> & {
          category_id?: W.Id | null
          publish: boolean
          from_unanswered?: W.Id
        }
      }
    >
  }
  '/knowledge/faqs/{id}': {
    get: Op<W.Faq, Path>
    patch: Op<
      W.Faq,
      Path & {
        body: Partially<Pick<W.Faq, 'language' | 'question' | 'variants' | 'answer' | 'category_id'>> & { publish?: boolean }
      }
    >
    delete: Op<Void, Path>
  }
  '/knowledge/articles': {
    get: Op<W.Page<W.Article>, { query: { query?: string; category_id?: W.Id } & Paging }>
    post: Op<W.Article, { body: { category_id?: W.Id | null; slug?: string } }>
  }
  '/knowledge/articles/{id}': {
    get: Op<W.Article, Path>
    patch: Op<W.Article, Path & { body: Partially<Pick<W.Article, 'slug' | 'category_id' | 'position'>> }>
    delete: Op<Void, Path>
  }
  '/knowledge/articles/{id}/translations/{language}': {
    put: Op<
      W.Article,
      { path: { id: string; language: W.Language }; body: Pick<W.Translation, 'title' | 'summary' | 'body'> }
    >
  }
  '/knowledge/articles/{id}/translations/{language}/publish': {
    post: Op<W.Article, { path: { id: string; language: W.Language }; body: Empty }>
  }
  '/knowledge/articles/{id}/translations/{language}/unpublish': {
    post: Op<W.Article, { path: { id: string; language: W.Language }; body: Empty }>
  }
  '/knowledge/preview': { post: Op<{ html: string }, { body: { body: string } }> }
  '/knowledge/imports': {
    get: Op<W.Page<W.Import>>
    post: Op<
      W.Import,
      { body: { file: File; kind: W.Import['kind']; language: W.Language | 'auto'; category_id?: W.Id; publish: 'true' | 'false' } }
    >
  }
  '/knowledge/imports/{id}': { get: Op<W.Import & { problems: W.ImportProblem[] }, Path> }
  '/knowledge/search': { get: Op<W.Page<W.KnowledgeHit>, { query: { q: string; language?: W.Language } }> }
  '/knowledge/snippets': {
    get: Op<W.Page<W.Snippet>>
    post: Op<W.Snippet, { body: Omit<W.Snippet, 'id'> }>
  }
  '/knowledge/snippets/{id}': {
    patch: Op<W.Snippet, Path & { body: Partially<Omit<W.Snippet, 'id'>> }>
    delete: Op<Void, Path>
  }

  '/bot/try': { post: Op<W.BotTrial, { body: { question: string; language?: W.Language; previous: string[] } }> }
  '/bot/status': { get: Op<W.BotStatus> }
  '/bot/settings': { get: Op<W.BotSettings>; patch: Op<W.BotSettings, { body: Partially<W.BotSettings> }> }
  '/bot/unanswered': { get: Op<W.Page<W.Unanswered>, { query: Paging }> }
  '/bot/unanswered/{id}/dismiss': { post: Op<Void, Path & { body: Empty }> }
  '/bot/turns/{id}/replay': { post: Op<W.BotTrial, Path & { body: Empty }> }

  '/analytics/overview': { get: Op<W.Overview, { query: { days?: number; inbox_id?: W.Id } }> }
  '/notifications': { get: Op<W.Page<W.Notification> & { unread: number }> }
  '/notifications/read': { post: Op<Void, { body: { ids?: W.Id[]; all?: boolean } }> }
}
