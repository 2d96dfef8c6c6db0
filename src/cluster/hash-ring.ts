/**
 * Which node owns a shard: a consistent-hash ring with virtual nodes (Karger et al., 1997).
 *
 * A pure function of the view: equal lists of ids give equal rings, in whatever order they come. A node that joins takes about
 * its part from all others, and nothing moves between those; a node that leaves gives only its own shards away.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'

export interface Ring {
  /** In order of their ids. */
  readonly nodes: readonly PeerId[]
  readonly shards: number
  /** `undefined` only where the ring has no node. */
  owner(shard: number): PeerId | undefined
  /** The first `count` different nodes for this shard, the owner first; all, where there are fewer. */
  owners(shard: number, count: number): PeerId[]
}

export interface RingOptions {
  /** Slices of the key space. @default 256 */
  shards?: number
  /** Points on the circle of a node of weight 1. @default 128 */
  pointsPerNode?: number
  /** Share of a node beside the others', more than 0. @default 1 each */
  weights?: ReadonlyMap<PeerId, number>
}

interface Point {
  readonly position: number
  readonly node: PeerId
}

/** Positions are 48-bit numbers, five from each SHA-256 digest. */
const positionBytes = 6
const positionsPerDigest = 5

/** Nodes in one process see the same views, and a view comes back after a short absence. */
const ringsKept = 16
const rings = new Map<string, Ring>()

export function ringOf(ids: Iterable<PeerId>, options: RingOptions = {}): Ring {
  const nodes = Object.freeze([...new Set(ids)].sort())
  if (options.weights !== undefined) return makeRing(nodes, options)
  const key = `${options.shards}/${options.pointsPerNode}/${nodes.join()}`
  const known = rings.get(key)
  if (known !== undefined) return known
  const ring = makeRing(nodes, options)
  const [oldest] = rings.size < ringsKept ? [] : rings.keys()
  if (oldest !== undefined) rings.delete(oldest)
  rings.set(key, ring)
  return ring
}

function makeRing(nodes: readonly PeerId[], options: RingOptions): Ring {
  const { shards = 256, pointsPerNode = 128, weights } = options
  const circle = nodes
    .flatMap(node => pointsOf(node, pointCount(node, pointsPerNode, weights?.get(node))))
    .sort(byPosition)
  const starts = shardPositions(shards).map(position => firstAtOrAfter(circle, position))

  const owners = (shard: number, count: number): PeerId[] => {
    const start = starts[shard]
    if (start === undefined) throw new ShoalError('SHOAL_BAD_ARGUMENT', `shard ${shard} is not one of ${shards}`)
    const found = new Set<PeerId>()
    for (let step = 0; step < circle.length && found.size < count && found.size < nodes.length; step += 1) {
      const point = circle[(start + step) % circle.length]
      if (point !== undefined) found.add(point.node)
    }
    return [...found]
  }
  const table = Array.from({ length: shards }, (_, shard) => owners(shard, 1)[0])
  return {
    nodes,
    shards,
    owner: shard => (shard in table ? table[shard] : owners(shard, 1)[0]),
    owners
  }
}

/** The shard of an actor. Keyed with the cluster's name, so that a choice of ids that is bad for one cluster is not bad for all. */
export function shardOf(kind: string, id: string, shards: number, clusterName: string): number {
  const key = `shoal shard\0${clusterName.length}:${clusterName}${kind.length}:${kind}${id}`
  return positionAt(sha256(utf8ToBytes(key)), 0) % shards
}

function pointCount(node: PeerId, pointsPerNode: number, weight = 1): number {
  const count = Math.round(pointsPerNode * weight)
  if (count >= 1) return count
  throw new ShoalError('SHOAL_BAD_ARGUMENT', `node ${node} with weight ${weight} has no point on the ring`)
}

const nodesKept = 4096
const points = new Map<string, readonly Point[]>()

/** In order: to sort many of these lists together is little more than to merge them. */
function pointsOf(node: PeerId, count: number): readonly Point[] {
  const key = `${count}/${node}`
  const known = points.get(key)
  if (known !== undefined) return known
  const own = positionsOf(`shoal node\0${node}`, count)
    .map(position => ({ position, node }))
    .sort(byPosition)
  if (points.size >= nodesKept) points.clear()
  points.set(key, own)
  return own
}

function shardPositions(shards: number): number[] {
  return positionsOf('shoal shards', shards)
}

function positionsOf(seed: string, count: number): number[] {
  const positions: number[] = []
  for (let block = 0; positions.length < count; block += 1) {
    const digest = sha256(utf8ToBytes(`${seed}\0${block}`))
    for (let part = 0; part < positionsPerDigest && positions.length < count; part += 1) {
      positions.push(positionAt(digest, part * positionBytes))
    }
  }
  return positions
}

function positionAt(digest: Uint8Array, offset: number): number {
  let position = 0
  for (let at = offset; at < offset + positionBytes; at += 1) position = position * 256 + (digest[at] ?? 0)
  return position
}

function byPosition(a: Point, b: Point): number {
  return a.position - b.position || (a.node < b.node ? -1 : 1)
}

/** The index of the first point at or after the position, `points.length` where there is none. */
function firstAtOrAfter(points: readonly Point[], position: number): number {
  let low = 0
  let high = points.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle]?.position ?? position) < position) low = middle + 1
    else high = middle
  }
  return low
}
