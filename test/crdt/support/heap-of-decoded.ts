/**
 * Crafted states that are as large in memory as their bytes allow, and the heap that they take when decoded. Run with
 * `--expose-gc` it prints one line of JSON: of each state its name, its bytes and its heap.
 */
import { fileURLToPath } from 'node:url'
import {
  CausalContext,
  decodeDelta,
  decodeState,
  encodeState,
  lwwRegister,
  orSet,
  pnCounter,
  Replica
} from '../../../src/crdt/index.ts'

export interface Measured {
  readonly name: string
  readonly bytes: number
  readonly heap: number
}

const size = 200_000
const mostKeys = 7000
/** At least so many encoded bytes are decoded for a measurement: a heap moves by some 100 KB by itself. */
const leastMeasured = 2_000_000
const format = CausalContext.empty.encode()[0] ?? 0

class Bytes {
  readonly list: number[] = [format]
  readonly #origins = new Map<string, number>()

  add(...bytes: readonly number[]): this {
    for (const byte of bytes) this.list.push(byte)
    return this
  }

  varint(value: number): this {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.list.push((rest % 0x80) | 0x80)
    return this.add(rest)
  }

  origin(index: number): this {
    const name = String.fromCharCode(65 + Math.floor(index / 26), 65 + (index % 26))
    const place = this.#origins.get(name)
    if (place !== undefined) return this.varint(place)
    this.varint(this.#origins.size).add(2, name.charCodeAt(0), name.charCodeAt(1))
    this.#origins.set(name, this.#origins.size)
    return this
  }

  /** Integers of two bytes, whose order as text is theirs. There are `mostKeys`. */
  key(index: number): this {
    const magnitude = 1000 + index
    return this.add(2, (magnitude % 0x40) * 2 + 0x80, Math.floor(magnitude / 0x40))
  }
}

/** A field of the type with this tag, whose entries `each` writes, one after the other, so many as fit. */
function entries(tag: number, bytesEach: number, each: (bytes: Bytes, index: number) => void): Bytes {
  const count = Math.min(mostKeys, Math.floor(size / bytesEach))
  const bytes = new Bytes().add(1, tag, 4, 1, 120).varint(count)
  for (let i = 0; i < count; i++) each(bytes, i)
  return bytes
}

/** Maps in each other, fifteen deep, each with one entry, under many keys. */
function chains(): Bytes {
  return entries(9, 65, (bytes, i) => {
    bytes.add(9).key(i)
    for (let depth = 0; depth < 13; depth++) bytes.add(1, 9, 2, 2)
    bytes.add(1, 5, 2, 2, 1).origin(0).add(1)
  })
}

/** Of a counter in a map: its shares are those of a hundred origins. */
function shares(form: number, rest: readonly number[]): Bytes {
  return entries(9, 600 + rest.length * 100, (bytes, i) => {
    bytes.add(2).key(i).varint(100)
    for (let origin = 0; origin < 100; origin++)
      bytes
        .origin(origin)
        .add(form, 1, 3, 2, 1)
        .add(...rest)
  })
}

function dense(tag: number, rest: readonly number[]): Bytes {
  return entries(9, 9000, (bytes, i) => {
    bytes.add(tag).key(i).varint(3000)
    for (let dot = 0; dot < 3000; dot++)
      bytes
        .origin(Math.floor(dot / 100))
        .varint(1 + (dot % 100))
        .add(...rest)
  })
}

const states: Record<string, () => Bytes> = {
  'a set': () => entries(4, 9, (bytes, i) => bytes.key(i).add(1).origin(0).add(1)),
  'a map of sets of one': () => entries(9, 12, (bytes, i) => bytes.add(4).key(i).add(1, 2, 2, 1).origin(0).add(1)),
  'a set of elements with many dots': () =>
    entries(4, 6006, (bytes, i) => {
      bytes.key(i).varint(2000)
      for (let dot = 0; dot < 2000; dot++) bytes.origin(Math.floor(dot / 100)).varint(1 + (dot % 100))
    }),
  'flags with many dots': () => dense(5, []),
  'registers of few letters with many writes': () => dense(7, [0, 1, 48]),
  'multi-value registers with many writes': () => dense(8, [1, 48]),
  'a map of flags': () => entries(9, 9, (bytes, i) => bytes.add(5).key(i).add(1).origin(0).add(1)),
  'a map of registers': () => entries(9, 12, (bytes, i) => bytes.add(7).key(i).add(1).origin(0).add(1, 0, 1, 48)),
  'a map of counters': () => entries(9, 13, (bytes, i) => bytes.add(2).key(i).add(1).origin(0).add(0, 1, 1, 1, 0)),
  'a map of removed counters': () =>
    entries(9, 13, (bytes, i) => bytes.add(2).key(i).add(1).origin(0).add(2, 1, 1, 1, 0)),
  'counters of many origins': () => shares(0, []),
  'removed counters of many origins': () => shares(2, []),
  'counters of many origins with bases': () => shares(1, [1, 1, 1]),
  'maps of one in each other': chains,
  'maps of two in each other': () =>
    entries(9, 160, (bytes, i) => {
      bytes.add(9).key(i)
      for (let depth = 0; depth < 13; depth++) bytes.add(2, 5, 2, 2, 1).origin(0).add(1, 9, 2, 2)
      bytes.add(1, 5, 2, 2, 1).origin(0).add(1)
    })
}

export function contexts(): Uint8Array {
  const bytes = new Bytes().varint(600)
  for (let origin = 0; origin < 600; origin++) bytes.origin(origin).add(1, 0, 0)
  return Uint8Array.from(bytes.list)
}

function heapUsed(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function measure(name: string, bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): Measured {
  decode(bytes)
  // So many that what V8 itself takes and gives back meanwhile (code it compiles or forgets) does not count.
  const kept: unknown[] = new Array(Math.max(8, Math.ceil(leastMeasured / bytes.length))).fill(undefined)
  const before = heapUsed()
  for (let i = 0; i < kept.length; i++) kept[i] = decode(bytes)
  const heap = (heapUsed() - before) / kept.length
  if (kept.length === 0) throw new Error('unreachable, and keeps them alive')
  return { name, bytes: bytes.length, heap: Math.round(heap) }
}

/** Ten thousand different states of one kind of actor, as a node has them in memory; the sizes are those of one. */
function smallActors(): Measured {
  const encoded = Array.from({ length: 10_000 }, (_, i) => {
    const replica = new Replica(smallActor, {
      origin: `WMcQJrVcFzN1.0mi1vq3kc4q5t8s0d2f6${i % 10}`,
      now: () => 1.7e12 + i
    })
    replica.change(({ count, note, tags }) => {
      count.add(i)
      note.set(`note ${i}`)
      for (const tag of ['red', 'green', `of ${i}`]) tags.add(tag)
    })
    return encodeState(decodeDelta(replica.save()).state)
  })
  const kept: unknown[] = new Array(encoded.length).fill(undefined)
  const before = heapUsed()
  for (const [i, bytes] of encoded.entries()) kept[i] = decodeState(bytes)
  const heap = (heapUsed() - before) / kept.length
  const bytes = encoded.reduce((sum, { length }) => sum + length, 0) / encoded.length
  return { name: 'a small actor', bytes: Math.round(bytes), heap: Math.round(heap) }
}

const smallActor = { count: pnCounter(), note: lwwRegister(''), tags: orSet() }

function main(): void {
  const measured = Object.entries(states).map(([name, make]) => {
    const { list } = make()
    return measure(name, Uint8Array.from(list), decodeState)
  })
  measured.push(measure('a context of many origins', contexts(), CausalContext.decode))
  measured.push(smallActors())
  process.stdout.write(`${JSON.stringify(measured)}\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
