import { useI18n } from 'vue-i18n'

/** Why something did not arrive, in words. */
export function useReasons(): (reason: string | null) => string {
  const { t, te } = useI18n()
  return (reason) => (reason === null ? '' : te(`webhooks.reasons.${reason}`) ? t(`webhooks.reasons.${reason}`) : reason)
}
