/** Drawing a way to another step: the knob of a way is dragged onto a card. */
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import type { Point, Wire } from '../model/layout'

const FAR = 5

export interface Linking {
  /** The way that is being drawn, and where its end is held. */
  held: ShallowRef<{ wire: Wire; to: Point } | null>
  /** The card under the pointer. */
  over: Ref<string | null>
  begin: (wire: Wire, event: PointerEvent) => void
  /** True once after a drag: the click that ends it opens nothing. */
  dragged: () => boolean
}

export function useLinking(inside: (at: Point) => Point, connect: (wire: Wire, to: string) => void): Linking {
  const held = shallowRef<{ wire: Wire; to: Point } | null>(null)
  const over = ref<string | null>(null)
  let from: { wire: Wire; at: Point } | null = null
  let moved = false

  function onMove(event: PointerEvent): void {
    if (!from) return
    const at = { x: event.clientX, y: event.clientY }
    if (!held.value && Math.hypot(at.x - from.at.x, at.y - from.at.y) < FAR) return
    moved = true
    held.value = { wire: from.wire, to: inside(at) }
    const card = document.elementFromPoint(at.x, at.y)?.closest<HTMLElement>('[data-node]')
    over.value = card?.dataset['node'] === from.wire.from ? null : (card?.dataset['node'] ?? null)
  }
  function stop(): void {
    window.removeEventListener('pointermove', onMove)
    window.removeEventListener('pointerup', onUp)
    window.removeEventListener('pointercancel', stop)
    from = null
    held.value = null
    over.value = null
  }
  function onUp(): void {
    if (from && over.value) connect(from.wire, over.value)
    stop()
  }
  function begin(wire: Wire, event: PointerEvent): void {
    if (event.button !== 0) return
    moved = false
    from = { wire, at: { x: event.clientX, y: event.clientY } }
    window.addEventListener('pointermove', onMove)
    window.addEventListener('pointerup', onUp)
    window.addEventListener('pointercancel', stop)
  }
  function dragged(): boolean {
    const was = moved
    moved = false
    return was
  }
  onScopeDispose(stop)
  return { held, over, begin, dragged }
}
