/**
 * Which node owns a shard, and which nodes it prefers for its copies: rendezvous hashing (Thaler and Ravishankar, 1998) with bounded
 * loads (the bound of Mirrokni, Thorup and Zadimoghaddam, 2018).
 *
 * Every node has the shards in an order of its own and claims them one by one; a shard goes to the first to claim it that is not full.
 * That is the one stable matching of shards and nodes, so it depends on nothing but the nodes and their weights: not on the order
 * in which they are named, nor on the views before. No node owns more than `loadBound` times its share, rounded up. See ADR 39.
 */
import { ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'
import { sha256Of } from './reused-hasher.ts'
import { utf8Of } from './utf8.ts'

export interface Ring {
  /** In order of their ids. */
  readonly nodes: readonly PeerId[]
  readonly shards: number
  /** `undefined` only where the ring has no node. */
  owner(shard: number): PeerId | undefined
  /** All nodes, in the order in which the shard prefers them for its copies: neither loads nor weights count. */
  preference(shard: number): PeerId[]
}

export interface RingOptions {
  /** Slices of the key space. @default 256 */
  shards?: number
  /** Part of a node beside the others', 0 or more; 0 owns nothing, unless all are 0: then all are alike. @default 1 each */
  weights?: ReadonlyMap<PeerId, number>
}

/** Largest load of a node, as a multiple of its share. */
export const loadBound = 1.25

/** A node's order of the shards, and when it claims each of them. */
interface Claims {
  readonly order: Uint16Array
  /** By shard; they rise in that order. A node of weight w claims at this time divided by w. */
  readonly times: Float64Array
}

/** Nodes in one process see the same views, and a view comes back after a short absence. */
const ringsKept = 16
const rings = new Map<string, Ring>()

export function ringOf(ids: Iterable<PeerId>, { shards = 256, weights }: RingOptions = {}): Ring {
  const nodes = inOrder(ids)
  const weightsOfNodes = weightsOf(nodes, weights)
  const isWeighted = weightsOfNodes.some(weight => weight !== 1)
  const key = `${shards}/${nodes.join()}/${isWeighted ? weightsOfNodes.join() : ''}`
  const known = rings.get(key)
  if (known !== undefined) return known
  const ring = makeRing(nodes, shards, weightsOfNodes)
  const [oldest] = rings.size < ringsKept ? [] : rings.keys()
  if (oldest !== undefined) rings.delete(oldest)
  rings.set(key, ring)
  return ring
}

function inOrder(ids: Iterable<PeerId>): readonly PeerId[] {
  const nodes = [...ids]
  const isInOrder = nodes.every((node, i) => i === 0 || (nodes[i - 1] as PeerId) < node)
  return Object.freeze(isInOrder ? nodes : [...new Set(nodes)].sort())
}

function weightsOf(nodes: readonly PeerId[], weights: RingOptions['weights']): readonly number[] {
  const own = nodes.map(node => weights?.get(node) ?? 1)
  const wrong = own.findIndex(weight => !Number.isFinite(weight) || weight < 0)
  if (wrong >= 0)
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `node ${nodes[wrong]} has weight ${own[wrong]}: it must be 0 or more`)
  return own.some(weight => weight > 0) ? own : own.map(() => 1)
}

function makeRing(nodes: readonly PeerId[], shards: number, weights: readonly number[]): Ring {
  let owners: Int32Array | undefined
  const check = (shard: number) => {
    if (!Number.isInteger(shard) || shard < 0 || shard >= shards)
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `shard ${shard} is not one of ${shards}`)
  }
  return {
    nodes,
    shards,
    owner: shard => {
      check(shard)
      owners ??= match(nodes, shards, weights)
      return nodes[owners[shard] ?? -1]
    },
    preference: shard => {
      check(shard)
      const times = nodes.map(node => ({ node, time: claimTimes(node, shards)[shard] ?? 0 }))
      return times.sort((a, b) => a.time - b.time || (a.node < b.node ? -1 : 1)).map(({ node }) => node)
    }
  }
}

/**
 * The place in `nodes` of each shard's owner. Claims are heard in the order of their times, at most about as many at once as there are
 * shards. It ends: all together may own more than there is, so that a shard which nobody has taken finds room at last.
 */
function match(nodes: readonly PeerId[], shards: number, weights: readonly number[]): Int32Array {
  const owners = new Int32Array(shards).fill(-1)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const room = Int32Array.from(weights, weight => Math.ceil((loadBound * shards * weight) / whole))
  const claims = nodes.map(node => claimsOf(node, shards))
  const heard = new Int32Array(nodes.length)
  let free = nodes.length === 0 ? 0 : shards
  for (let until = 1 / whole; free > 0; until += 1 / whole) {
    const due: Claim[] = []
    for (const [at, { order, times }] of claims.entries()) {
      let next = heard[at] ?? 0
      for (; next < shards && room[at] !== 0; next++) {
        const shard = order[next] ?? 0
        const time = (times[shard] ?? 0) / (weights[at] ?? 0)
        if (time >= until) break
        if (owners[shard] === -1) due.push({ time, shard, at })
      }
      heard[at] = next
    }
    for (const { shard, at } of due.sort(byTime)) {
      if (owners[shard] !== -1 || room[at] === 0) continue
      owners[shard] = at
      room[at] = (room[at] ?? 0) - 1
      free--
    }
  }
  return owners
}

interface Claim {
  readonly time: number
  readonly shard: number
  readonly at: number
}

function byTime(a: Claim, b: Claim): number {
  return a.time - b.time || a.at - b.at
}

/** By shard, when a node of weight 1 claims it. */
export function claimTimes(node: PeerId, shards = 256): Float64Array {
  return claimsOf(node, shards).times
}

/** Entries of all that is kept, ten bytes each; 1,024 nodes' in any case, which for 4,096 shards is 42 MB. */
const claimsMax = 2 ** 20
const claimsKept = new Map<number, Map<PeerId, Claims>>()

function claimsOf(node: PeerId, shards: number): Claims {
  let ofShards = claimsKept.get(shards)
  if (ofShards === undefined) {
    ofShards = new Map()
    if (claimsKept.size >= ringsKept) claimsKept.clear()
    claimsKept.set(shards, ofShards)
  }
  const known = ofShards.get(node)
  if (known !== undefined) return known
  if (ofShards.size >= Math.max(1024, claimsMax / shards)) ofShards.clear()
  const claims = makeClaims(node, shards)
  ofShards.set(node, claims)
  return claims
}

/**
 * Claims are spread evenly over time, one in each step of it: the loads that come of it vary half as much as those of scores that are
 * drawn one by one, and less has to be put right by the bound.
 */
function makeClaims(node: PeerId, shards: number): Claims {
  const random = randomOf(`shoal ring\0${node}`)
  const order = Uint16Array.from({ length: shards }, (_, shard) => shard)
  for (let last = shards - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1))
    const shard = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = shard
  }
  const times = new Float64Array(shards)
  for (const [place, shard] of order.entries()) times[shard] = timeOf((place + random()) / shards)
  return { order, times }
}

/**
 * Of numbers drawn evenly from 0 to 1 this makes nearly exponential times: who claims at such a time divided by its weight is the first
 * with a probability that is its part of all weights. −ln(1 − x) would be exact; this (its Padé approximant) is the same on every machine.
 */
function timeOf(x: number): number {
  return (x * (6 - x)) / (6 - 4 * x)
}

/** Numbers from 0 to 1 that follow from the seed alone: the generator sfc32 (Doty-Humphrey, PractRand). */
function randomOf(seed: string): () => number {
  const view = new DataView(sha256Of(utf8Of(seed)).buffer)
  let [a, b, c, count] = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
  return () => {
    const sum = (a + b + count) | 0
    count = (count + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
}

const positionBytes = 6

/** The shard of an actor, by a key (shard-key.ts) without which nobody can tell which ids share one. */
export function shardOf(kind: string, id: string, shards: number, key: string): number {
  const digest = sha256Of(utf8Of(`shoal shard\0${key.length}:${key}${kind.length}:${kind}${id}`))
  let position = 0
  for (const byte of digest.subarray(0, positionBytes)) position = position * 256 + byte
  return position % shards
}
