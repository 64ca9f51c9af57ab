/** Where the drawing is held before the eye: moved by dragging and scrolling, made larger and smaller around a point. */
import { computed, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import type { Drawing, Point } from '../model/layout'

const SCALE = { least: 0.08, most: 1.6, step: 1.2 }
const EDGE = 24

export interface View {
  style: ComputedRef<Record<string, string>>
  scale: Ref<number>
  zoom: (factor: number, around?: Point) => void
  fit: () => void
  reset: () => void
  move: (x: number, y: number) => void
  onWheel: (event: WheelEvent) => void
  /** Moves as little as needed to have a box in sight. */
  show: (box: { x: number; y: number; width: number; height: number }) => void
  /** A point of the window as a point of the drawing. */
  inside: (at: Point) => Point
  factor: number
}

export function useView(stage: Ref<HTMLElement | null>, drawing: () => Drawing): View {
  const x = ref(0)
  const y = ref(0)
  const scale = ref(1)
  const clamp = (wanted: number): number => Math.min(SCALE.most, Math.max(SCALE.least, wanted))

  function zoom(factor: number, around?: Point): void {
    const box = stage.value?.getBoundingClientRect()
    if (!box) return
    const at = around ? { x: around.x - box.left, y: around.y - box.top } : { x: box.width / 2, y: box.height / 2 }
    const next = clamp(scale.value * factor)
    const grown = next / scale.value
    x.value = at.x - (at.x - x.value) * grown
    y.value = at.y - (at.y - y.value) * grown
    scale.value = next
  }
  function place(wanted: number): void {
    const box = stage.value?.getBoundingClientRect()
    if (!box) return
    const { width, height } = drawing()
    scale.value = clamp(wanted)
    x.value = (box.width - width * scale.value) / 2
    y.value = Math.max(0, Math.min((box.height - height * scale.value) / 2, EDGE * 2))
  }
  function fit(): void {
    const box = stage.value?.getBoundingClientRect()
    if (box) place(Math.min(1, box.width / drawing().width, box.height / drawing().height))
  }
  /** At first everything is in sight as far as it can still be read; a long flow begins at its top. */
  function reset(): void {
    const box = stage.value?.getBoundingClientRect()
    if (!box) return
    place(Math.min(1, Math.max(0.72, box.width / drawing().width)))
    const first = [...drawing().boxes.values()].reduce((top, one) => (one.y < top.y ? one : top), { x: 0, y: Infinity, width: 0, height: 0 })
    if (drawing().width * scale.value > box.width && first.width) x.value = box.width / 2 - (first.x + first.width / 2) * scale.value
  }
  function move(byX: number, byY: number): void {
    x.value += byX
    y.value += byY
  }
  function onWheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 300), { x: event.clientX, y: event.clientY })
    else move(-(event.shiftKey ? event.deltaY : event.deltaX), event.shiftKey ? 0 : -event.deltaY)
  }
  function show(box: { x: number; y: number; width: number; height: number }): void {
    const frame = stage.value?.getBoundingClientRect()
    if (!frame) return
    const nearer = (start: number, length: number, room: number): number => (start < EDGE ? EDGE - start : Math.min(0, room - EDGE - start - length))
    move(nearer(box.x * scale.value + x.value, box.width * scale.value, frame.width), nearer(box.y * scale.value + y.value, box.height * scale.value, frame.height))
  }
  function inside(at: Point): Point {
    const box = stage.value?.getBoundingClientRect()
    return { x: (at.x - (box?.left ?? 0) - x.value) / scale.value, y: (at.y - (box?.top ?? 0) - y.value) / scale.value }
  }
  onMounted(reset)
  const style = computed(() => ({ transform: `translate(${x.value}px, ${y.value}px) scale(${scale.value})` }))
  return { style, scale, zoom, fit, reset, move, onWheel, show, inside, factor: SCALE.step }
}
