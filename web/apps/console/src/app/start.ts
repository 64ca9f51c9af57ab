/** What begins once somebody is signed in and the frame stands. */
import { density, theme } from '@qiao/ui'
import { effectScope, watchEffect } from 'vue'
import { onSignedOut } from './api'
import { startAlerts } from './alerts'
import { startConversations } from './conversations'
import { setLocale, currentLocale } from './i18n'
import { loadInboxes } from './inboxes'
import { onLiveEnd, startLive, stopLive } from './live'
import { loadPeople } from './people'
import { router } from './router'
import { can, me, requireMe, setMe } from './session'

const scope = effectScope(true)
let begun = false

function followPreferences(): void {
  watchEffect(() => {
    const preferences = me.value?.preferences
    if (!preferences) return
    theme.value = preferences.theme
    density.value = preferences.density
    if (preferences.locale !== currentLocale()) void setLocale(preferences.locale)
  })
}

async function toLogin(): Promise<void> {
  stopLive()
  setMe(null)
  const { fullPath, meta } = router.currentRoute.value
  if (!meta.bare) await router.push({ path: '/login', query: { next: fullPath } })
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
    onSignedOut(() => void toLogin())
    onLiveEnd(() => void toLogin())
  }
  const session = requireMe()
  if (can('conversations.read')) startConversations(session)
  startLive(session)
  for (const load of [loadPeople, loadInboxes]) load().catch(() => undefined)
}

/** Ends the live line; for signing out. */
export function stopConsole(): void {
  stopLive()
  setMe(null)
}
