/**
 * Layers and orders of a drawing: each thing below what leads to it (longest path), ways that lead back left out, things of a
 * layer ordered by the middle of their neighbours (barycentre), places chosen so that ways run straight. Pure; no pixels but widths.
 */
export interface Link {
  from: string
  to: string
}

/** Links that would close a circle, found from the roots on; as positions in `links`. */
export function backLinks(ids: readonly string[], links: readonly Link[]): Set<number> {
  const out = new Map<string, number[]>(ids.map((id) => [id, []]))
  links.forEach((link, at) => out.get(link.from)?.push(at))
  const state = new Map<string, 'open' | 'done'>()
  const found = new Set<number>()
  for (const root of ids) {
    if (state.has(root)) continue
    const stack: { id: string; next: number }[] = [{ id: root, next: 0 }]
    state.set(root, 'open')
    while (stack.length) {
      const top = stack.at(-1)!
      const at = out.get(top.id)![top.next++]
      if (at === undefined) {
        state.set(top.id, 'done')
        stack.pop()
        continue
      }
      const to = links[at]!.to
      if (state.get(to) === 'open') found.add(at)
      else if (!state.has(to)) {
        state.set(to, 'open')
        stack.push({ id: to, next: 0 })
      }
    }
  }
  return found
}

/** The layer of each thing: one more than the lowest that leads to it. `links` must hold no circle. */
export function layersOf(ids: readonly string[], links: readonly Link[]): Map<string, number> {
  const waiting = new Map(ids.map((id) => [id, 0]))
  for (const link of links) waiting.set(link.to, (waiting.get(link.to) ?? 0) + 1)
  const layer = new Map(ids.map((id) => [id, 0]))
  const todo = ids.filter((id) => waiting.get(id) === 0)
  while (todo.length) {
    const id = todo.shift()!
    for (const link of links) {
      if (link.from !== id) continue
      layer.set(link.to, Math.max(layer.get(link.to)!, layer.get(id)! + 1))
      waiting.set(link.to, waiting.get(link.to)! - 1)
      if (waiting.get(link.to) === 0) todo.push(link.to)
    }
  }
  return layer
}

export type Neighbours = ReadonlyMap<string, readonly string[]>

export function neighboursOf(links: readonly Link[]): { above: Neighbours; below: Neighbours } {
  const [above, below] = [new Map<string, string[]>(), new Map<string, string[]>()]
  for (const { from, to } of links) {
    below.set(from, [...(below.get(from) ?? []), to])
    above.set(to, [...(above.get(to) ?? []), from])
  }
  return { above, below }
}

const places = (row: readonly string[]): Map<string, number> => new Map(row.map((id, at) => [id, at]))

/** How often links between two rows cross. */
export function crossings(upper: readonly string[], lower: readonly string[], below: Neighbours): number {
  const place = places(lower)
  const ends = upper.flatMap((id) => (below.get(id) ?? []).flatMap((to) => place.get(to) ?? []).sort((a, b) => a - b))
  return ends.reduce((sum, end, at) => sum + ends.slice(at + 1).filter((later) => later < end).length, 0)
}

const crossed = (rows: readonly string[][], below: Neighbours): number => rows.slice(1).reduce((sum, row, at) => sum + crossings(rows[at]!, row, below), 0)

function byMiddle(row: readonly string[], beside: readonly string[], neighbours: Neighbours): string[] {
  const place = places(beside)
  const middles = row.map((id, at) => {
    const found = (neighbours.get(id) ?? []).flatMap((other) => place.get(other) ?? [])
    return { id, at, middle: found.length ? found.reduce((sum, one) => sum + one, 0) / found.length : null }
  })
  const free = middles.filter((one) => one.middle !== null).sort((a, b) => a.middle! - b.middle! || a.at - b.at)
  return middles.map((one) => (one.middle === null ? one.id : free.shift()!.id))
}

const SWEEPS = 6

/** Rows with few crossings: swept down and up, the best kept. The first order given decides between equals. */
export function ordered(rows: readonly string[][], links: readonly Link[]): string[][] {
  const { above, below } = neighboursOf(links)
  let now = rows.map((row) => [...row])
  let best = now
  let least = crossed(now, below)
  for (let sweep = 0; sweep < SWEEPS && least > 0; sweep += 1) {
    const next = now.map((row) => [...row])
    if (sweep % 2 === 0) for (let at = 1; at < next.length; at += 1) next[at] = byMiddle(next[at]!, next[at - 1]!, above)
    else for (let at = next.length - 2; at >= 0; at -= 1) next[at] = byMiddle(next[at]!, next[at + 1]!, below)
    now = next
    const count = crossed(now, below)
    if (count < least) [best, least] = [now, count]
  }
  return best
}

/** Centres as near to those wished for as the widths allow, in the order given (least squares: neighbours that collide are moved as one). */
export function spread(wished: readonly number[], widths: readonly number[], gap: number): number[] {
  const offsets = widths.map((_, at) => widths.slice(0, at + 1).reduce((sum, width, index) => (index ? sum + (widths[index - 1]! + width) / 2 + gap : 0), 0))
  const blocks: { sum: number; count: number }[] = []
  wished.forEach((wish, at) => {
    blocks.push({ sum: wish - offsets[at]!, count: 1 })
    while (blocks.length > 1) {
      const [one, other] = [blocks.at(-2)!, blocks.at(-1)!]
      if (one.sum / one.count <= other.sum / other.count) break
      blocks.splice(-2, 2, { sum: one.sum + other.sum, count: one.count + other.count })
    }
  })
  return blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count)).map((centre, at) => centre + offsets[at]!)
}

const PASSES = 8

/** The middle of each thing across: pulled towards what it is tied to, pass after pass. */
export function placed(rows: readonly string[][], links: readonly Link[], widthOf: (id: string) => number, gap: number): Map<string, number> {
  const { above, below } = neighboursOf(links)
  const centre = new Map<string, number>()
  const put = (row: readonly string[], wished: readonly number[]): void => spread(wished, row.map(widthOf), gap).forEach((x, at) => centre.set(row[at]!, x))
  for (const row of rows) put(row, row.map(() => 0))
  const mean = (id: string, neighbours: Neighbours): number => {
    const found = neighbours.get(id) ?? []
    return found.length ? found.reduce((sum, one) => sum + centre.get(one)!, 0) / found.length : centre.get(id)!
  }
  for (let pass = 0; pass < PASSES; pass += 1) {
    const down = pass % 2 === 0
    for (const row of down ? rows : [...rows].reverse()) put(row, row.map((id) => mean(id, down ? above : below)))
  }
  return centre
}
