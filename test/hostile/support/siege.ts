/**
 * A cluster of three, and a fourth that knows the cluster's key and means no good: it joins as a member, answers probes, reads
 * nothing that it is sent unless it wants to, and sends whatever a test gives it as fast as its link takes it. Meanwhile the honest go on
 * writing, and it is watched how soon their writes are seen, what the attack costs in time and memory, and who is cut off.
 */
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { shoal } from '#proto/generated/peer.js'
import { Counter } from '../../../examples/shop.ts'
import { newIncarnation, originOf } from '../../../src/cluster/identity.ts'
import type { MemberRecord } from '../../../src/cluster/member-record.ts'
import { memberTo } from '../../../src/cluster/member-wire.ts'
import { decodeControl, protocolVersion } from '../../../src/cluster/wire.ts'
import type { Channel } from '../../../src/ports/network.ts'
import type { SimulatedNetwork } from '../../../src/simulation/network.ts'
import { signed } from '../../cluster/member-world.ts'
import { actors } from '../../support/shop.ts'

export interface Attacker {
  readonly id: string
  readonly origin: string
  readonly incarnation: string
  readonly network: SimulatedNetwork
  /** The node that it attacks. */
  readonly victim: { readonly id: string; readonly origin: string }
  readonly record: MemberRecord
  /** A well-formed incarnation of a moment ago, another one each time. */
  incarnationOf(number: number): string
}

export interface Attack {
  readonly channel: Channel
  /** The next record to send; `undefined`: that was all. */
  next(attacker: Attacker, number: number): Uint8Array | undefined
  /** Bytes to send at most. @default 8388608 */
  bytes?: number
  /** Records to send at most. @default 50000 */
  records?: number
  /** No node would send it: the link has to end. @default false */
  isRefused?: boolean
  /** Whether what the victim sends back is left unread. @default false */
  readsNothing?: boolean
}

export interface Outcome {
  sentRecords: number
  sentBytes: number
  /** Longest time until an honest write was seen at both other nodes, in virtual milliseconds. */
  slowestWriteMs: number
  /** What all nodes together took of this machine's time for it, in milliseconds. */
  busyMs: number
  /** By how much the heap was larger afterwards, garbage collected, in bytes: for all nodes together. */
  keptBytes: number
  /** By how much it was larger while it went on, at the worst moment that was looked at. */
  peakBytes: number
  isCutOff: boolean
  /** Honest nodes that are not running any more as the process that they were. */
  restarted: readonly string[]
  /** Pairs of honest nodes that were seen without a link, or one taken for gone by the other. */
  parted: readonly string[]
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

export function heapBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export async function besieged(attack: Attack, options: { seed?: number; shards?: number } = {}): Promise<Outcome> {
  const { seed = 1, shards = 16 } = options
  await using cluster = await createTestCluster({ actors, nodes: 3, seed, shards })
  await cluster.run(2000)
  const attacker = await joined(cluster, shards, attack.readsNothing ?? false)
  await cluster.run(1000)
  const outcome = await siege(cluster, attacker, attack)
  await cluster.settle(attacker.network.stop())
  // Whatever it has brought about, the honest must come to agree.
  await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1, 60_000)
  return outcome
}

async function siege(cluster: TestCluster, attacker: Attacker, attack: Attack): Promise<Outcome> {
  const { bytes = 8 * 1024 * 1024, records = 50_000 } = attack
  const victim = cluster.node(0)
  const incarnations = new Map(cluster.nodes().map(node => [node.name, node.incarnation]))
  const startHeap = heapBytes()
  const startedMs = performance.now()
  const outcome: Outcome = {
    sentRecords: 0,
    sentBytes: 0,
    slowestWriteMs: 0,
    busyMs: 0,
    keptBytes: 0,
    peakBytes: 0,
    isCutOff: false,
    restarted: [],
    parted: []
  }
  const parted = new Set<string>()
  let isOver = false
  let step = 0
  let pending: Uint8Array | undefined
  while (!isOver || step % 20 !== 0) {
    for (let burst = 0; burst < 500 && !isOver; burst++) {
      pending ??= attack.next(attacker, outcome.sentRecords)
      if (pending === undefined || outcome.sentBytes >= bytes || outcome.sentRecords >= records) isOver = true
      else if (!attacker.network.send(victim.id, attack.channel, pending)) break
      else {
        outcome.sentRecords++
        outcome.sentBytes += pending.length
        pending = undefined
      }
    }
    await cluster.run(5)
    for (const pair of partedPairs(cluster)) parted.add(pair)
    if (!attacker.network.links().includes(victim.id)) {
      outcome.isCutOff = true
      isOver = true
    }
    if (step++ % 20 === 0) {
      outcome.slowestWriteMs = Math.max(outcome.slowestWriteMs, await honestWriteMs(cluster, `step-${step}`))
      outcome.peakBytes = Math.max(outcome.peakBytes, process.memoryUsage().heapUsed - startHeap)
    }
    if (step > 4000) break
  }
  await cluster.run(2000)
  outcome.slowestWriteMs = Math.max(outcome.slowestWriteMs, await honestWriteMs(cluster, 'after'))
  outcome.busyMs = performance.now() - startedMs
  outcome.keptBytes = heapBytes() - startHeap
  outcome.parted = [...parted, ...partedPairs(cluster)]
  outcome.restarted = [...incarnations]
    .filter(([name, incarnation]) => cluster.nodes().find(node => node.name === name)?.incarnation !== incarnation)
    .map(([name]) => name)
  return outcome
}

function partedPairs(cluster: TestCluster): string[] {
  const honest = cluster.nodes()
  return honest.flatMap(node => {
    const links = new Set(node.links())
    const present = new Map(node.members().members.map(({ id, status }) => [id, status]))
    return honest
      .filter(({ id }) => id !== node.id && (!links.has(id) || present.get(id) !== 'alive'))
      .map(other => `${node.name} and ${other.name}`)
  })
}

/** One of the honest writes; how long until the other two show it. */
async function honestWriteMs(cluster: TestCluster, id: string): Promise<number> {
  const startedMs = cluster.world.time.nowMs
  const at = cluster.nodes().find(node => node.name === 'node-1')
  if (at === undefined) return 0
  await cluster.settle(at.actor(Counter, id).add(1))
  for (;;) {
    const values = await cluster.settle(
      Promise.all(
        cluster.nodes().map(node =>
          node
            .actor(Counter, id)
            .value()
            .catch(() => undefined)
        )
      )
    )
    const elapsedMs = cluster.world.time.nowMs - startedMs
    if (values.every(value => value === 1) || elapsedMs > 30_000) return elapsedMs
    await cluster.run(5)
  }
}

/** `heard` is told of all records but those of `control`. */
export async function joined(
  cluster: TestCluster,
  shards: number,
  readsNothing: boolean,
  heard: (network: SimulatedNetwork, peer: string, channel: Channel, bytes: Uint8Array) => void = () => {}
): Promise<Attacker> {
  const machine = cluster.world.machine('mallory')
  const { network, clock, random } = machine.boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards, protocol: protocolVersion }
  })
  const incarnation = newIncarnation(clock, random)
  const nothing = () => {}
  await cluster.settle(
    network.start({
      linked: nothing,
      unlinked: nothing,
      published: nothing,
      discovered: nothing,
      refused: nothing,
      record: (peer, channel, bytes) => {
        if (channel !== 'control') {
          heard(network, peer, channel, bytes)
          return
        }
        const { ping } = decodeControl(bytes)
        if (ping != null)
          network.send(peer, 'control', control({ ack: { number: ping.number ?? 0, wallMs: clock.now() } }))
      }
    })
  )
  if (readsNothing) for (const channel of ['bulk', 'calls', 'push'] as const) network.hold(channel, true)
  const record: MemberRecord = signed({
    id: 'mallory',
    name: 'mallory',
    region: 'local',
    zone: 'local',
    incarnation,
    refutation: 0,
    status: 'alive',
    addresses: network.addresses()
  })
  for (const node of cluster.nodes()) {
    const peer = await cluster.settle(network.dial(node.addresses()))
    network.send(peer, 'control', control({ hello: { members: [memberTo(record)] } }))
  }
  return {
    id: 'mallory',
    origin: originOf('mallory', incarnation),
    incarnation,
    network,
    victim: { id: cluster.node(0).id, origin: originOf(cluster.node(0).id, cluster.node(0).incarnation) },
    record,
    incarnationOf: number => incarnation.slice(0, 9) + number.toString(32).padStart(13, '0')
  }
}

export function control(message: shoal.peer.IControl): Uint8Array {
  return shoal.peer.Control.encode(message).finish()
}

export function bulk(message: shoal.peer.IBulk): Uint8Array {
  return shoal.peer.Bulk.encode(message).finish()
}

export function calls(message: shoal.peer.ICalls): Uint8Array {
  return shoal.peer.Calls.encode(message).finish()
}
