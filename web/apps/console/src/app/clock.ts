/** Two shared clocks on server time, so that a hundred rows do not keep a hundred timers. */
import { readonly, ref } from 'vue'
import { serverNow } from './api'

const second = ref(serverNow())
const minute = ref(serverNow())
setInterval(() => {
  if (!document.hidden) second.value = serverNow()
}, 1_000)
setInterval(() => {
  minute.value = serverNow()
}, 20_000)

/** Server time in milliseconds, moving every second while the page is seen. */
export const nowSecond = readonly(second)
/** Server time in milliseconds, moving three times a minute: for "5 minutes ago". */
export const nowMinute = readonly(minute)

/** 3:12, 1:04:09: how long something has lasted. */
export function elapsed(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}
