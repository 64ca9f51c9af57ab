/** What the person was told: the latest notifications, kept live. */
import { computed, shallowRef } from 'vue'
import { api, ok } from '@/app/api'
import { onLive } from '@/app/live'
import type { Id, Notification } from '@/app/wire'

const items = shallowRef<readonly Notification[]>([])
const unread = shallowRef(0)

export const notifications = computed(() => items.value)
export const unreadNotifications = computed(() => unread.value)

export async function loadNotifications(): Promise<void> {
  const page = await ok(api.GET('/notifications'))
  items.value = page.items
  unread.value = page.unread
}

/** Puts new ones in front as they happen, for as long as the component lives. */
export function watchNotifications(): void {
  onLive('notifications.created.v1', ({ data }) => {
    if (items.value.some((item) => item.id === data.id)) return
    items.value = [data, ...items.value].slice(0, 60)
    unread.value += 1
  })
}

/** Marks some or, without ids, all as read; at once here, then on the server. */
export async function readNotifications(ids?: Id[]): Promise<void> {
  const now = new Date().toISOString()
  const hit = (item: Notification) => item.read_at === null && (ids === undefined || ids.includes(item.id))
  const count = items.value.filter(hit).length
  items.value = items.value.map((item) => (hit(item) ? { ...item, read_at: now } : item))
  unread.value = ids === undefined ? 0 : Math.max(0, unread.value - count)
  await ok(api.POST('/notifications/read', { body: ids === undefined ? { all: true } : { all: false, ids } }))
}
