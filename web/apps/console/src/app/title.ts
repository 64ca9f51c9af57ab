/** The tab's title: page, then product; with the number of conversations that wait in front. */
import { effectScope, ref, watchEffect } from 'vue'
import { translate } from './i18n'

export const titleKey = ref('')
export const titleBadge = ref(0)

/** Keeps the tab's title right from now on. Call once at start. */
export function followTitle(): void {
  effectScope(true).run(() =>
    watchEffect(() => {
      const badge = titleBadge.value > 0 ? `(${titleBadge.value}) ` : ''
      document.title = `${badge}${titleKey.value ? `${translate(titleKey.value)} · ` : ''}Qiao`
    }),
  )
}
