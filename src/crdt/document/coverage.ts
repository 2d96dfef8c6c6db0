/**
 * Which updates of which origins a set of parts holds. Grows in place.
 */

import { compareText } from '../dot.ts'
import type { DocumentPart, Extent } from './part.ts'

type GrowingExtent = { -readonly [K in keyof Extent]: Extent[K] }

export class Coverage {
  /** Per origin sorted by number, with a gap between any two. */
  readonly #byOrigin = new Map<string, GrowingExtent[]>()

  static of(parts: Iterable<DocumentPart>): Coverage {
    const coverage = new Coverage()
    coverage.addParts(parts)
    return coverage
  }

  /** Sorted first: what goes in from the highest number to the lowest would move all that is there each time. */
  addParts(parts: Iterable<DocumentPart>): void {
    const extents: Extent[] = []
    let isSorted = true
    const take = (extent: Extent): void => {
      isSorted &&= (extents[extents.length - 1]?.from ?? 0) <= extent.from
      extents.push(extent)
    }
    for (const part of parts) {
      take(part)
      for (const extent of part.more) take(extent)
    }
    if (!isSorted) extents.sort((a, b) => a.from - b.from)
    for (const extent of extents) this.add(extent)
  }

  add({ origin, from, to, oldest, newest }: Extent): void {
    const list = this.#byOrigin.get(origin)
    const last = list?.[list.length - 1]
    if (last !== undefined && last.to + 1 === from) {
      last.to = to
      last.oldest = Math.min(last.oldest, oldest)
      last.newest = Math.max(last.newest, newest)
      return
    }
    const extent = { origin, from, to, oldest, newest }
    if (list === undefined) {
      this.#byOrigin.set(origin, [extent])
      return
    }
    // Those from `begin` to `end` touch the new one and melt into it.
    const begin = firstThatEnds(list, from - 1)
    let end = begin
    for (let next = list[end]; next !== undefined && next.from <= to + 1; next = list[++end]) {
      extent.from = Math.min(extent.from, next.from)
      extent.to = Math.max(extent.to, next.to)
      extent.oldest = Math.min(extent.oldest, next.oldest)
      extent.newest = Math.max(extent.newest, next.newest)
    }
    list.splice(begin, end - begin, extent)
  }

  hasPart(part: DocumentPart): boolean {
    return this.has(part) && part.more.every(extent => this.has(extent))
  }

  has({ origin, from, to }: Extent): boolean {
    const list = this.#byOrigin.get(origin)
    const found = list?.[firstThatEnds(list, from)]
    return found !== undefined && found.from <= from && to <= found.to
  }

  /** Whether it has at least one of the part's updates. */
  touchesPart(part: DocumentPart): boolean {
    return this.#touches(part) || part.more.some(extent => this.#touches(extent))
  }

  #touches({ origin, from, to }: Extent): boolean {
    const list = this.#byOrigin.get(origin)
    const found = list?.[firstThatEnds(list, from)]
    return found !== undefined && found.from <= to
  }

  /** The number of an origin's next update. */
  next(origin: string): number {
    return (this.#byOrigin.get(origin)?.at(-1)?.to ?? 0) + 1
  }

  /** Sorted by origin and number. */
  extents(): Extent[] {
    const origins = [...this.#byOrigin.keys()].sort(compareText)
    return origins.flatMap(origin => (this.#byOrigin.get(origin) ?? []).map(extent => ({ ...extent })))
  }
}

/** The place of the first that ends at or after `number`. */
function firstThatEnds(list: readonly Extent[], number: number): number {
  const last = list[list.length - 1]
  if (last === undefined || last.to < number) return list.length
  let low = 0
  let high = list.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle]?.to ?? 0) < number) low = middle + 1
    else high = middle
  }
  return low
}
