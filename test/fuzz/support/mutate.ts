/**
 * Mutations of bytes: what a bad disk, a bug in another version and a stranger would do, one to six at a time.
 *
 * Source: Zalewski, "American fuzzy lop", 2014 (the havoc stage).
 */
import type { SeededRandom } from '../../../src/simulation/random.ts'

/** Inputs grow no longer than this by mutation, in bytes. */
export const maxInputBytes = 8192

const telling = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0xfe, 0xff]
/** 2^53 - 1 and 2^32 as varints, and one that never ends. */
const hugeVarints = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
]

type Mutation = (bytes: number[], random: SeededRandom, other: Uint8Array) => void

function place(bytes: readonly number[], random: SeededRandom): number {
  return random.below(bytes.length + 1)
}

/** A range that is short more often than long. */
function range(length: number, random: SeededRandom): [from: number, to: number] {
  const from = random.below(length + 1)
  const longest = random.below(4) === 0 ? length : 8
  return [from, Math.min(length, from + random.below(longest + 1))]
}

const flipBit: Mutation = (bytes, random) => {
  const at = place(bytes, random)
  if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
}

const setByte: Mutation = (bytes, random) => {
  const at = place(bytes, random)
  if (at < bytes.length) bytes[at] = random.below(2) === 0 ? random.below(256) : (telling[random.below(9)] ?? 0)
}

const stepByte: Mutation = (bytes, random) => {
  const at = place(bytes, random)
  if (at < bytes.length) bytes[at] = ((bytes[at] ?? 0) + random.below(7) + 253) & 0xff
}

const insertByte: Mutation = (bytes, random) => {
  bytes.splice(place(bytes, random), 0, random.below(2) === 0 ? random.below(256) : (telling[random.below(9)] ?? 0))
}

const insertVarint: Mutation = (bytes, random) => {
  const at = place(bytes, random)
  bytes.splice(at, random.below(2), ...(hugeVarints[random.below(hugeVarints.length)] ?? []))
}

const cutRange: Mutation = (bytes, random) => {
  const [from, to] = range(bytes.length, random)
  bytes.splice(from, to - from)
}

const copyRange: Mutation = (bytes, random) => {
  const [from, to] = range(bytes.length, random)
  bytes.splice(place(bytes, random), random.below(2) === 0 ? 0 : to - from, ...bytes.slice(from, to))
}

const repeatRange: Mutation = (bytes, random) => {
  const [from, to] = range(bytes.length, random)
  const piece = bytes.slice(from, to)
  const times = Math.min(1 + random.below(64), Math.floor(maxInputBytes / (piece.length + 1)))
  bytes.splice(to, 0, ...Array.from({ length: times }, () => piece).flat())
}

const splice: Mutation = (bytes, random, other) => {
  const [from, to] = range(other.length, random)
  bytes.splice(place(bytes, random), random.below(2) === 0 ? 0 : to - from, ...other.subarray(from, to))
}

const cutShort: Mutation = (bytes, random) => {
  bytes.length = place(bytes, random)
}

const mutations: readonly Mutation[] = [
  flipBit,
  flipBit,
  setByte,
  setByte,
  stepByte,
  stepByte,
  insertByte,
  insertVarint,
  cutRange,
  copyRange,
  repeatRange,
  splice,
  splice,
  cutShort
]

/** Another input near this one. `other` lends it pieces. */
export function mutate(input: Uint8Array, other: Uint8Array, random: SeededRandom): Uint8Array {
  const bytes = [...input]
  for (let left = 1 + random.below(random.below(3) === 0 ? 6 : 2); left > 0; left--) {
    mutations[random.below(mutations.length)]?.(bytes, random, other)
  }
  return Uint8Array.from(bytes.length > maxInputBytes ? bytes.slice(0, maxInputBytes) : bytes)
}
