/**
 * Collects what arrives and hands it over once per animation frame, so that two hundred events a second cost sixty
 * renderings and not two hundred. A hidden page gets no frames; a timer then does the same four times a second.
 */
export class FrameQueue<T> {
  private waiting: T[] = []
  private frame = 0
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly deliver: (items: T[]) => void) {}

  push(items: readonly T[]): void {
    this.waiting.push(...items)
    if (this.timer !== undefined) return
    this.frame = requestAnimationFrame(() => this.flush())
    this.timer = setTimeout(() => this.flush(), 250)
  }

  flush(): void {
    this.clear()
    if (this.waiting.length === 0) return
    const items = this.waiting
    this.waiting = []
    this.deliver(items)
  }

  drop(): void {
    this.clear()
    this.waiting = []
  }

  private clear(): void {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.timer)
    this.timer = undefined
  }
}
