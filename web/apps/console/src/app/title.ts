/** The tab's title: page, then product; with the number of conversations that wait in front. */
import { effectScope, ref, watchEffect } from 'vue'

export const pageTitle = ref('')
export const titleBadge = ref(0)

effectScope(true).run(() =>
  watchEffect(() => {
    const badge = titleBadge.value > 0 ? `(${titleBadge.value}) ` : ''
    document.title = `${badge}${pageTitle.value ? `${pageTitle.value} · ` : ''}Qiao`
  }),
)
