/** What begins once somebody is signed in and the frame stands. */
import { density, theme, toast } from '@qiao/ui'
import { effectScope, watchEffect } from 'vue'
import { api, ok, onSignedOut } from './api'
import { startAlerts } from './alerts'
import { startConversations } from './conversations'
import { setLocale, currentLocale, translate } from './i18n'
import { loadInboxes } from './inboxes'
import { onLiveEnd, startLive, stopLive } from './live'
import { loadPeople } from './people'
import { router } from './router'
import { can, me, requireMe, setMe } from './session'

const scope = effectScope(true)
let begun = false
let leaving = false

function followPreferences(): void {
  watchEffect(() => {
    const preferences = me.value?.preferences
    if (!preferences) return
    theme.value = preferences.theme
    density.value = preferences.density
    if (preferences.locale !== currentLocale()) void setLocale(preferences.locale)
  })
}

/** To sign-in, once the session is over: ended here, or `elsewhere`. The page goes before who was signed in: while it stands it asks for them. */
async function toLogin(elsewhere = false): Promise<void> {
  if (leaving) return
  leaving = true
  stopLive()
  const { fullPath, meta } = router.currentRoute.value
  const stayed = !meta.bare && (await router.push({ path: '/login', query: elsewhere ? { next: fullPath, ended: '' } : {} }).catch(() => true))
  if (!stayed) {
    setMe(null)
    leaving = false
    return
  }
  // A page keeps what it cannot save now. When it lets go, whoever has signed in meanwhile in another window begins afresh, or is asked to.
  const dismiss = toast(translate('pages.signed_out'), { tone: 'urgent' })
  const stop = router.afterEach((_to, _from, failure) => {
    if (failure) return
    stop()
    dismiss()
    location.reload()
  })
}

/** Begins stores and the live line for the person in the session; again after each sign-in. */
export function startConsole(): void {
  // Detached: what listens here outlives the component that happened to start it.
  scope.run(begin)
}

function begin(): void {
  if (!begun) {
    begun = true
    followPreferences()
    startAlerts()
    onSignedOut(() => void toLogin(true))
    onLiveEnd(() => void toLogin(true))
  }
  const session = requireMe()
  if (can('conversations.read')) startConversations(session)
  startLive(session)
  for (const load of [loadPeople, loadInboxes]) load().catch(() => undefined)
}

/** Ends the session at the server and leads to sign-in. Throws `Problem`; then nothing has ended. */
export async function signOut(): Promise<void> {
  // The line may hear of the end before the answer does.
  leaving = true
  await ok(api.DELETE('/session')).finally(() => (leaving = false))
  await toLogin()
}
