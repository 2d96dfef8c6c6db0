/**
 * Everything that a seed decides about a run, as data: the cluster, the faults, the writes, the trouble that is aimed. It can be
 * kept as JSON, run again, and made smaller part by part.
 */
import type { RebalanceOptions } from '../../../src/cluster/rebalance.ts'
import type { ReplicationOptions } from '../../../src/cluster/replication.ts'
import type { ShardStoreOptions } from '../../../src/cluster/shard-store.ts'
import { defaultFaultKinds, drawFaults, drawKinds, type Fault, type FaultKind } from '../../../src/simulation/faults.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'

/** A write, or a burst of them, at one node. What exactly is for its luck to say, which no other step changes. */
export interface Step {
  /** Since the faults began, in milliseconds. */
  readonly atMs: number
  readonly luck: number
}

/** Trouble at the moments that matter: see trouble.ts. */
export interface TroublePlan {
  readonly luck: number
  readonly isPowerLoss: boolean
  /** Probability that a process ends right after it acknowledged a write; half of it, that it ends in the middle of one. */
  readonly killChance: number
  /** Probability that a write to a majority is followed by a loss of all power and of the writer's newest disk. */
  readonly disasterChance: number
  /** One machine is put back to an older copy of its disk. Places and milliseconds as in a fault. */
  readonly restore?: { readonly machine: number; readonly takenMs: number; readonly usedMs: number }
  /** For a while two processes run under one identity, one of them on a copy of the other's disk. */
  readonly copy?: { readonly machine: number; readonly atMs: number; readonly lastsMs: number }
}

export interface Scenario {
  readonly seed: number
  readonly nodes: number
  readonly shards: number
  /** So many of each kind are written to; with many, streams are long, and break off in the middle. @default 2 */
  readonly actorsPerKind?: number
  /** Replicas of each actor that is not exclusive; 0: one on every node. */
  readonly replicas: number
  readonly rebalance: RebalanceOptions
  readonly store: ShardStoreOptions
  readonly replication: ReplicationOptions
  /** Length of the faulty phase, in milliseconds. */
  readonly faultyMs: number
  readonly faults: readonly Fault[]
  readonly steps: readonly Step[]
  readonly trouble: TroublePlan
  /** One node runs an older program, which does not know this kind of actors. */
  readonly older?: { readonly machine: number; readonly kind: string }
}

export interface ScenarioOptions {
  readonly seed: number
  /** @default 5 */
  readonly nodes?: number
  /** @default 4000 */
  readonly faultyMs?: number
  /** @default 60 */
  readonly writes?: number
  /** Kinds of faults to draw from. @default all but those that harm what is on a disk */
  readonly kinds?: readonly FaultKind[]
  /** @default drawn: on every node, or on two or three */
  readonly replicas?: number
  /** Replicas move as soon as a member is gone, and back as soon as it returns, and what is published may be lost. @default false */
  readonly isRestless?: boolean
}

/** Kinds of faults that make replicas move most. */
export const restlessKinds: readonly FaultKind[] = ['loss', 'pause', 'one-way cut']

/** So often removed actors are looked for, where that is to happen within a run. */
export const quickGcMs = 200

/** Longer than it takes to send a few chunks, and a tenth of what a long stream takes. */
const shortSnapshotMs = 5

const olderKinds = ['tags', 'counter', 'cart', 'document'] as const

export function drawScenario(options: ScenarioOptions): Scenario {
  const { seed, nodes = 5, faultyMs = 4000, writes = 60, kinds = defaultFaultKinds } = options
  const random = new SeededRandom(`scenario/${seed}`)
  // Suspensions make a run of minutes, so few have them.
  const isLong = kinds === defaultFaultKinds && random.chance(0.04)
  const isHard = kinds === defaultFaultKinds && random.chance(0.2)
  const drawn = drawKinds(random, [...kinds, ...(isLong ? ['suspend' as const] : []), ...(isHard ? harmfulKinds : [])])
  // Few shards and small chunks let streams, and what breaks them off, meet more often.
  const shards = random.pick([1, 2, 8])
  const steps: Step[] = []
  for (let i = 0, atMs = 0; i < writes; i++) {
    atMs += random.below(Math.ceil((2 * faultyMs) / writes))
    steps.push({ atMs, luck: random.below(1_000_000) })
  }
  const faults: Fault[] = []
  const everyMs = { min: 20, max: random.pick([300, 1000, 1000, 2000]) }
  /** One disk at a time may go bad, as a majority must stay. */
  const rotten = random.below(nodes)
  for (const fault of drawn.length === 0 ? [] : drawFaults(random, { kinds: drawn, machines: nodes, everyMs })) {
    if (fault.atMs >= faultyMs) break
    faults.push(isHarmful(fault.kind) ? { ...fault, machine: rotten } : fault)
  }
  if (kinds === defaultFaultKinds) faults.push(...drawRestarts(seed, nodes, faultyMs))
  if (isHard) faults.push(...drawVanishedEntries(seed, rotten, faultyMs))
  faults.sort((a, b) => a.atMs - b.atMs)
  // Where clocks jump back, a restored disk cannot tell that its next incarnation is a newer one.
  const mayRestore = !drawn.includes('clock jump')
  const drawnReplicas = random.pick([0, 0, 0, 2, 3])
  const { isRestless = false } = options
  const replicas = options.replicas ?? (isRestless ? 2 : drawnReplicas)
  const { copy, ...rest } = drawTrouble(random, { machines: nodes, withinMs: faultyMs, mayRestore })
  // Others write through the copy of a node that serves them, and would have to be forgiven, too.
  const trouble = kinds.length === 0 ? noTrouble : copy === undefined || replicas > 0 ? rest : { ...rest, copy }
  // Of three disks, two may not be lost.
  const isSpoilt = faults.some(({ kind }) => isHarmful(kind)) || drawn.some(isHarmful)
  const isMixed = random.chance(0.1)
  const width = new SeededRandom(`width/${seed}`)
  const isWide = width.chance(0.2)
  const rebalance = { rebalanceDelayMs: random.pick([500, 60_000]), dropDelayMs: random.pick([50, 2000]) }
  return {
    seed,
    nodes,
    shards,
    ...(isWide ? { actorsPerKind: 15 } : {}),
    replicas,
    rebalance: isRestless ? { rebalanceDelayMs: 50, dropDelayMs: 0 } : rebalance,
    store: { maxCachedActors: random.pick([3, 10_000]) },
    replication: {
      chunkBytes: random.pick([150, 131_072]),
      maxPushDeltas: random.pick([1, 256]),
      // Sent over links, hardly any push is ever lost.
      dissemination: random.pick(['auto', 'gossip', 'gossip']),
      maxPeerQueueBytes: random.pick([300, 4 * 1024 * 1024]),
      maxUncommittedBytes: random.pick([1000, 16 * 1024 * 1024]),
      gcIntervalMs: random.pick([quickGcMs, 10_000]),
      // Who was away for longer than that is not waited for, and must be none the worse for it.
      gcHorizonMs: random.pick([500, 24 * 3600 * 1000]),
      // Streams that end because their snapshot is old go on under the next one, which has more.
      ...(isWide && width.chance(0.5) ? { maxSnapshotMs: shortSnapshotMs } : {}),
      ...(isRestless ? { dissemination: 'gossip' as const } : {})
    },
    faultyMs,
    faults,
    steps,
    trouble: isSpoilt && replicas > 0 ? { ...trouble, disasterChance: 0 } : trouble,
    ...(isMixed ? { older: { machine: random.below(nodes), kind: random.pick(olderKinds) } } : {})
  }
}

/** In one seed of five, one machine is started again and again, so that its lives pile up. Its own luck: all else stays as drawn. */
function drawRestarts(seed: number, machines: number, withinMs: number): Fault[] {
  const random = new SeededRandom(`restarts/${seed}`)
  if (!random.chance(0.2)) return []
  const machine = random.below(machines)
  const count = 5 + random.below(15)
  return Array.from({ length: count }, (_, i) => ({
    atMs: Math.round(((i + random.next()) * withinMs) / count),
    kind: random.pick(['kill', 'kill', 'power loss'] as const),
    machine,
    other: machine,
    strength: 0,
    lastsMs: Math.round(random.between(5, 60)),
    luck: random.below(1_000_000)
  }))
}

/** In half of the seeds whose disks may go bad, entries vanish from the index, too. Their own luck: all else stays as drawn. */
function drawVanishedEntries(seed: number, machine: number, withinMs: number): Fault[] {
  const random = new SeededRandom(`entries/${seed}`)
  if (!random.chance(0.5)) return []
  return Array.from({ length: 1 + random.below(5) }, () => ({
    atMs: Math.round(random.next() * withinMs),
    kind: 'vanished entry' as const,
    machine,
    other: machine,
    strength: 0,
    lastsMs: 0,
    luck: random.below(1_000_000)
  }))
}

const harmfulKinds: readonly FaultKind[] = [
  'bit rot',
  'lost record',
  'lost batch',
  'vanished record',
  'reverted record'
]

/** It takes away what a disk had for sure, or what says where that is. */
export function isHarmful(kind: FaultKind): boolean {
  return harmfulKinds.includes(kind) || kind === 'vanished entry'
}

const noTrouble: TroublePlan = { luck: 0, isPowerLoss: false, killChance: 0, disasterChance: 0 }

export function drawTrouble(
  random: SeededRandom,
  options: { machines: number; withinMs: number; mayRestore: boolean }
): TroublePlan {
  const isPowerLoss = random.chance(0.5)
  const killChance = random.chance(0.5) ? 0.05 : 0
  const old = options.mayRestore
    ? random.pick(['never', 'never', 'never', 'once', 'once', 'disaster', 'copy'])
    : 'never'
  const takenMs = random.between(0, options.withinMs / 2)
  // A disk of moments ago is one that lost the tail of its log.
  const usedMs = takenMs + (options.withinMs - takenMs) * random.next() ** 2
  const machine = random.below(options.machines)
  return {
    luck: random.below(1_000_000),
    isPowerLoss,
    killChance,
    disasterChance: old === 'disaster' ? 0.3 : 0,
    ...(old === 'once' ? { restore: { machine, takenMs, usedMs } } : {}),
    ...(old === 'copy' ? { copy: { machine, atMs: takenMs, lastsMs: options.withinMs - takenMs } } : {})
  }
}
