/**
 * The origins of a causal context, in order, each once. Contexts that differ in seqs alone share a row, and long rows that are equal
 * are one: a thousand lives that all shards name are named in memory once.
 *
 * A row knows which of its origins are the last lives of their nodes, as far as it names them; the others have ended (as a rule: to
 * be wrong about it costs time and no more, see docs/adr/0023).
 */
import { nodeOf } from './origin-parts.ts'

/** The origins of one kind: a row of them, and where they stand in the whole. */
export interface RowPart {
  readonly row: OriginRow
  readonly places: readonly number[]
}

export class OriginRow {
  readonly origins: readonly string[]
  #places: Map<string, number> | undefined
  #parts: { readonly last: RowPart; readonly ended: RowPart } | undefined

  constructor(origins: readonly string[]) {
    this.origins = origins
  }

  /** -1 where it is not there. */
  placeOf(origin: string): number {
    const { origins } = this
    if (origins.length <= shortRow) {
      for (let place = 0; place < origins.length; place++) if (origins[place] === origin) return place
      return -1
    }
    this.#places ??= new Map(origins.map((name, place) => [name, place]))
    return this.#places.get(origin) ?? -1
  }

  /** Where the last lives stand, and where the ended ones do: of a node's lives the last is that which sorts last. */
  parts(): { readonly last: RowPart; readonly ended: RowPart } {
    if (this.#parts === undefined) {
      const places = [...this.origins.keys()]
      const isEnded = (place: number) => isSameNode(this.origins[place], this.origins[place + 1])
      this.#parts = {
        last: this.#part(places.filter(place => !isEnded(place))),
        ended: this.#part(places.filter(isEnded))
      }
    }
    return this.#parts
  }

  #part(places: readonly number[]): RowPart {
    const row = places.length === this.origins.length ? this : rowOf(places.map(place => this.origins[place] ?? ''))
    return { row, places }
  }
}

export function isSameNode(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && nodeOf(a) === nodeOf(b)
}

/** Rows up to so long are searched without a map, and are not looked for among others. */
const shortRow = 8

/** The row of one origin that was needed last: a node writes under one name. */
let lastSingle = new OriginRow([''])

/** Long rows that are in use, each in the place that its names give it. Held weakly: a peer can fill nothing with them. */
const longRows: (WeakRef<OriginRow> | undefined)[] = new Array(1024).fill(undefined)

/** The row of these origins, which are in order. */
export function rowOf(origins: readonly string[]): OriginRow {
  if (origins.length > shortRow) return longRow(origins)
  if (origins.length !== 1) return new OriginRow(origins)
  if (lastSingle.origins[0] !== origins[0]) lastSingle = new OriginRow(origins)
  return lastSingle
}

function longRow(origins: readonly string[]): OriginRow {
  const slot = slotOf(origins)
  const known = longRows[slot]?.deref()
  if (known !== undefined && isSameRow(known.origins, origins)) return known
  const row = new OriginRow(origins)
  longRows[slot] = new WeakRef(row)
  return row
}

export function isSameRow(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((origin, place) => origin === b[place]))
}

/** A few of the names tell rows apart well enough; the whole is compared anyway. */
function slotOf(origins: readonly string[]): number {
  let hash = origins.length
  for (const name of [origins[0], origins[origins.length >>> 1], origins.at(-1)]) {
    for (let i = Math.max(0, (name ?? '').length - 8); i < (name ?? '').length; i++)
      hash = Math.imul(hash, 31) + (name ?? '').charCodeAt(i)
  }
  return (hash ^ (hash >>> 15)) & (longRows.length - 1)
}
