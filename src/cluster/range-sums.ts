/**
 * Sums over ranges of a shard's actors, in the order of their names: what a full compare descends by.
 *
 * An actor's part in a sum says its name, its state's digest, where the index names it, what it lacks of that, and what was seen of it
 * beyond the shard's context. Where all of that is equal, one replica may take the other's context over without the actor: it would tell a third one
 * the same. (With the digest alone it would not: test/models/full-compare.) Sums are XORs, so that ranges can be cut anywhere.
 *
 * Source: Meyer, "Range-based set reconciliation", 2023.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { encodeWithOrigins } from '../crdt/codec.ts'
import type { CausalContext } from '../crdt/index.ts'
import { after, type DiskReader } from '../ports/disk.ts'
import { writePositions } from './index-positions.ts'
import { seenBeyond } from './seen-dots.ts'
import { bytesOfDigest } from './set-hash.ts'
import { actorOfStateKey, readSeen, stateKey, stateRange } from './storage-layout.ts'
import { utf8Of } from './utf8.ts'

/** Names from `from` on and before `to`; an empty `to`: to the end. */
export interface NameRange {
  readonly from: string
  readonly to: string
}

/** A range: cut into parts, or one by one. */
export interface RangeSums {
  /** Where the parts but the first begin. */
  readonly cuts: readonly string[]
  /** Of each part, or of each actor. */
  readonly sums: readonly Sum[]
  /** Undefined where there are parts. */
  readonly actors: readonly string[] | undefined
}

/** 64 bits, as text of their hexadecimal digits. */
export type Sum = string

export const sumBytes = 8
/** Parts of a range, at most. */
export const fanOut = 16
/** So many actors are told one by one. */
export const leafActors = 32
const pageEntries = 256

/** Sums of the actors in the range. `known` is what need not be said of what was seen of them. */
export async function rangeSums(
  reader: DiskReader,
  shard: number,
  range: NameRange,
  known: CausalContext
): Promise<RangeSums> {
  const actors: string[] = []
  const sums: Sum[] = []
  let parts: { readonly from: string; readonly sum: Accumulator; actors: number }[] = []
  let partActors = leafActors
  let count = 0
  for await (const { name, bytes } of eachActor(reader, shard, range)) {
    const sum = sumOf(name, bytes, known)
    count++
    if (count <= leafActors) {
      actors.push(name)
      sums.push(sum)
    }
    let part = parts.at(-1)
    if (part === undefined || part.actors >= partActors) {
      part = { from: name, sum: new Accumulator(), actors: 0 }
      parts.push(part)
    }
    part.sum.add(sum)
    part.actors++
    if (parts.length <= fanOut) continue
    partActors *= 2
    parts = joinedInPairs(parts)
  }
  if (count <= leafActors) return { cuts: [], sums, actors }
  return { cuts: parts.slice(1).map(({ from }) => from), sums: parts.map(({ sum }) => sum.value), actors: undefined }
}

function joinedInPairs<Part extends { readonly sum: Accumulator; actors: number }>(parts: readonly Part[]): Part[] {
  const joined: Part[] = []
  for (let i = 0; i < parts.length; i += 2) {
    const [left, right] = [parts[i], parts[i + 1]]
    if (left === undefined) break
    if (right !== undefined) {
      left.sum.add(right.sum.value)
      left.actors += right.actors
    }
    joined.push(left)
  }
  return joined
}

/** The one sum of the range. */
export async function sumOfRange(
  reader: DiskReader,
  shard: number,
  range: NameRange,
  known: CausalContext
): Promise<Sum> {
  const sum = new Accumulator()
  for await (const { name, bytes } of eachActor(reader, shard, range)) sum.add(sumOf(name, bytes, known))
  return sum.value
}

/** The actors of a range with the sum of each. */
export async function* sumsOneByOne(
  reader: DiskReader,
  shard: number,
  range: NameRange,
  known: CausalContext
): AsyncGenerator<{ readonly name: string; readonly sum: Sum }> {
  for await (const { name, bytes } of eachActor(reader, shard, range)) yield { name, sum: sumOf(name, bytes, known) }
}

async function* eachActor(
  reader: DiskReader,
  shard: number,
  { from, to }: NameRange
): AsyncGenerator<{ readonly name: string; readonly bytes: Uint8Array }> {
  const all = stateRange(shard)
  let gte = from === '' ? all.gte : stateKey(shard, from)
  const lt = to === '' ? all.lt : stateKey(shard, to)
  for (;;) {
    const page = await reader.range({ gte, lt, limit: pageEntries })
    for (const { key, value } of page) yield { name: actorOfStateKey(key), bytes: value }
    const last = page.at(-1)
    if (last === undefined || page.length < pageEntries) return
    gte = after(last.key)
  }
}

/** The order of names on the disk. */
export function compareNames(a: string, b: string): number {
  const [left, right] = [utf8Of(a), utf8Of(b)]
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

/** Throws `SHOAL_CORRUPT`. */
function sumOf(name: string, record: Uint8Array, known: CausalContext): Sum {
  const { digest, index, extra, gaps } = readSeen(record, name)
  const beyond = seenBeyond({ extra, index, gaps }, known)
  const seen = encodeWithOrigins(sink => {
    writePositions(sink, index)
    if (!beyond.isEmpty() || !gaps.isEmpty()) beyond.write(sink)
    if (!gaps.isEmpty()) gaps.write(sink)
  }, false)
  const hash = sha256.create().update(utf8Of(name)).update(separator).update(bytesOfDigest(digest)).update(seen)
  return hexOf(hash.digest())
}

const separator = new Uint8Array(1)

export function hexOf(bytes: Uint8Array): Sum {
  let hex = ''
  for (let i = 0; i < sumBytes; i++) hex += (bytes[i] ?? 0).toString(16).padStart(2, '0')
  return hex
}

/** The bytes of sums, one after another. */
export function bytesOfSums(sums: readonly Sum[]): Uint8Array {
  const bytes = new Uint8Array(sums.length * sumBytes)
  for (const [i, sum] of sums.entries())
    for (let at = 0; at < sumBytes; at++) bytes[i * sumBytes + at] = Number.parseInt(sum.slice(2 * at, 2 * at + 2), 16)
  return bytes
}

export const noSum: Sum = '0'.repeat(2 * sumBytes)

class Accumulator {
  #high = 0
  #low = 0

  add(sum: Sum): void {
    this.#high ^= Number.parseInt(sum.slice(0, 8), 16)
    this.#low ^= Number.parseInt(sum.slice(8), 16)
  }

  get value(): Sum {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, '0')
    return hex(this.#high) + hex(this.#low)
  }
}
