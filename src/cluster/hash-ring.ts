/**
 * Which node owns a shard: a consistent-hash ring with virtual nodes (Karger et al., 1997).
 *
 * A pure function of the view: equal lists of ids give equal rings, in whatever order they come. A node that joins takes about
 * its part from all others, and nothing moves between those; a node that leaves gives only its own shards away.
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
  /** A ring of nearly the same nodes: what the two have in common need not be worked out again. It changes nothing else. */
  near?: Ring
}

interface Point {
  readonly position: number
  readonly node: PeerId
}

/** Positions are 48-bit numbers, five from each SHA-256 digest. */
const positionBytes = 6
const positionsPerDigest = 5

/** The circle's length. */
const circumference = 2 ** (8 * positionBytes)

/** Nodes in one process see the same views, and a view comes back after a short absence. */
const ringsKept = 16
const rings = new Map<string, Ring>()
/** Owners of all shards in rings without weights: for those that come after. */
const tables = new WeakMap<Ring, readonly Owner[]>()

/** The node whose point comes next after a shard's, and how far that is. */
interface Owner {
  readonly node: PeerId
  readonly distance: number
}

export function ringOf(ids: Iterable<PeerId>, options: RingOptions = {}): Ring {
  const nodes = inOrder(ids)
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

function inOrder(ids: Iterable<PeerId>): readonly PeerId[] {
  const nodes = [...ids]
  const isInOrder = nodes.every((node, i) => i === 0 || (nodes[i - 1] as PeerId) < node)
  return Object.freeze(isInOrder ? nodes : [...new Set(nodes)].sort())
}

function makeRing(nodes: readonly PeerId[], options: RingOptions): Ring {
  const { shards = 256, pointsPerNode = 128, weights } = options
  const own = (node: PeerId) => pointsOf(node, pointCount(node, pointsPerNode, weights?.get(node)))
  const table = ownersOf(nodes, shardPositions(shards), own, baseOf(options, shards))
  let circle: readonly Point[] | undefined
  const owners = (shard: number, count: number): PeerId[] => {
    const position = shardPositions(shards)[shard]
    if (position === undefined) throw new ShoalError('SHOAL_BAD_ARGUMENT', `shard ${shard} is not one of ${shards}`)
    circle ??= nodes.flatMap(own).sort(byPosition)
    const start = firstAtOrAfter(circle, position)
    const found = new Set<PeerId>()
    for (let step = 0; step < circle.length && found.size < count && found.size < nodes.length; step += 1) {
      const point = circle[(start + step) % circle.length]
      if (point !== undefined) found.add(point.node)
    }
    return [...found]
  }
  const ring: Ring = {
    nodes,
    shards,
    owner: shard => (shard in table ? table[shard]?.node : owners(shard, 1)[0]),
    owners
  }
  if (weights === undefined && options.pointsPerNode === undefined) tables.set(ring, table)
  return ring
}

interface Base {
  readonly nodes: readonly PeerId[]
  readonly table: readonly Owner[]
}

function baseOf({ near, weights, pointsPerNode }: RingOptions, shards: number): Base | undefined {
  const table = near === undefined ? undefined : tables.get(near)
  if (near?.shards !== shards || weights !== undefined || pointsPerNode !== undefined) return undefined
  return table === undefined ? undefined : { nodes: near.nodes, table }
}

/** Without the circle, which takes a hundred times as long to make in a cluster of hundreds. */
function ownersOf(
  nodes: readonly PeerId[],
  positions: readonly number[],
  pointsOfNode: (node: PeerId) => readonly Point[],
  base: Base = { nodes: [], table: [] }
): Owner[] {
  const present = new Set(nodes)
  const before = new Set(base.nodes)
  const newcomers = nodes.filter(node => !before.has(node))
  const nearest = (position: number, among: readonly PeerId[], first: Owner | undefined) => {
    let owner = first
    for (const node of among) {
      const distance = distanceTo(pointsOfNode(node), position)
      const isNearer = owner === undefined || distance < owner.distance
      if (isNearer || (distance === owner?.distance && node < owner.node)) owner = { node, distance }
    }
    return owner
  }
  const owners: Owner[] = []
  for (const [shard, position] of positions.entries()) {
    const known = base.table[shard]
    const isStill = known !== undefined && present.has(known.node)
    const owner = nearest(position, isStill ? newcomers : nodes, isStill ? known : undefined)
    if (owner !== undefined) owners.push(owner)
  }
  return owners
}

function distanceTo(points: readonly Point[], position: number): number {
  const next = points[firstAtOrAfter(points, position)]
  return next === undefined ? (points[0]?.position ?? 0) + circumference - position : next.position - position
}

/** The shard of an actor. Keyed with the cluster's name, so that a choice of ids that is bad for one cluster is not bad for all. */
export function shardOf(kind: string, id: string, shards: number, clusterName: string): number {
  const key = `shoal shard\0${clusterName.length}:${clusterName}${kind.length}:${kind}${id}`
  return positionAt(sha256Of(utf8Of(key)), 0) % shards
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

const shardPlaces = new Map<number, readonly number[]>()

function shardPositions(shards: number): readonly number[] {
  const known = shardPlaces.get(shards)
  if (known !== undefined) return known
  const positions = positionsOf('shoal shards', shards)
  if (shardPlaces.size >= ringsKept) shardPlaces.clear()
  shardPlaces.set(shards, positions)
  return positions
}

function positionsOf(seed: string, count: number): number[] {
  const positions: number[] = []
  for (let block = 0; positions.length < count; block += 1) {
    const digest = sha256Of(utf8Of(`${seed}\0${block}`))
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
