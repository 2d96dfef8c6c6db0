/** Looks at a run from outside, every few milliseconds, and keeps what changed: for report.ts to show. */
import type { TestCluster } from 'shoal/testing'
import type { Onlooker } from '../cluster/support/run-scenario.ts'
import type { Scenario } from '../cluster/support/scenario.ts'
import type { Workload } from '../cluster/support/workload.ts'

export type NodeState = 'up' | 'starting' | 'paused' | 'down'

/** What a lane shows from a moment on. */
export interface LaneChange {
  readonly atMs: number
  readonly state: NodeState
  /** Number of the digest among all that were ever seen; -1 while the node has none. */
  readonly digest: number
  /** Places of the nodes that it cannot reach, or that cannot reach it. */
  readonly cut: readonly number[]
  readonly disk: readonly string[]
}

export interface RunRecord {
  readonly seed: number
  readonly nodes: number
  readonly startMs: number
  readonly endMs: number
  readonly healedMs: number | undefined
  readonly convergedMs: number | undefined
  readonly failure: string | undefined
  readonly lanes: readonly (readonly LaneChange[])[]
  /** How many different digests there are, from a moment on. */
  readonly digests: readonly (readonly [atMs: number, different: number])[]
  readonly faults: readonly { atMs: number; kind: string; node: number; words: string }[]
  readonly writes: readonly { atMs: number; node: number; fate: string; what: string }[]
  readonly notes: readonly { atMs: number; node: number; words: string }[]
}

const lookEveryMs = 10
const maxNotes = 400

export class Recorder {
  readonly #scenario: Scenario
  readonly #lanes: LaneChange[][] = []
  readonly #last: string[] = []
  readonly #digests = new Map<string, number>()
  readonly #different: [number, number][] = []
  readonly #notes: { atMs: number; node: number; words: string }[] = []
  #cluster: TestCluster | undefined
  #workload: Workload | undefined
  #faultsStartMs: number | undefined
  #healedMs: number | undefined
  #convergedMs: number | undefined
  #failure: string | undefined

  constructor(scenario: Scenario) {
    this.#scenario = scenario
  }

  readonly onlooker: Onlooker = {
    started: (cluster, workload) => {
      this.#cluster = cluster
      this.#workload = workload
      for (let i = 0; i < cluster.size; i++) this.#lanes.push([])
      cluster.world.time.watch(lookEveryMs, () => this.#look(cluster))
    },
    faultsStarted: nowMs => {
      this.#faultsStartMs = nowMs
    },
    healed: nowMs => {
      this.#healedMs = nowMs
    },
    converged: nowMs => {
      this.#convergedMs = nowMs
    },
    logged: (node, level, message) => {
      if (this.#notes.length >= maxNotes || this.#cluster === undefined) return
      const number = this.#cluster.world.machines().findIndex(({ id }) => id === node)
      this.#notes.push({ atMs: this.#cluster.world.time.nowMs, node: number, words: `${level}: ${message}` })
    }
  }

  failed(reason: string): void {
    this.#failure = reason
  }

  record(): RunRecord {
    const startMs = this.#faultsStartMs ?? 0
    return {
      seed: this.#scenario.seed,
      nodes: this.#lanes.length,
      startMs,
      endMs: this.#cluster?.world.time.nowMs ?? 0,
      healedMs: this.#healedMs,
      convergedMs: this.#convergedMs,
      failure: this.#failure,
      lanes: this.#lanes,
      digests: this.#different,
      faults: this.#scenario.faults.map(({ atMs, kind, machine, other, strength, lastsMs }) => ({
        atMs: startMs + atMs,
        kind,
        node: machine % Math.max(1, this.#lanes.length),
        words: `${kind}, node-${machine} (node-${other}), strength ${strength}, ${lastsMs.toFixed(0)} ms`
      })),
      writes: (this.#workload?.writes ?? []).map(({ startedMs, node, fate, kind, id, what, removes }) => ({
        atMs: startedMs,
        node: Number(node.slice('node-'.length)),
        fate,
        what: `${kind}/${id} ${removes ? 'removes' : 'writes'} ${what}`
      })),
      notes: this.#notes
    }
  }

  #look(cluster: TestCluster): void {
    const atMs = cluster.world.time.nowMs
    const machines = cluster.world.machines()
    const seen = new Set<number>()
    for (const [number, machine] of machines.entries()) {
      const node = cluster.running(number)
      const { process } = machine
      const state: NodeState =
        process === undefined ? 'down' : process.isPaused ? 'paused' : node === undefined ? 'starting' : 'up'
      const digest = node === undefined ? -1 : this.#numberOf(digestOf(node))
      if (digest >= 0) seen.add(digest)
      const cut = machines.flatMap((other, place) => (this.#isCut(cluster, machine.id, other.id) ? [place] : []))
      const { isFull, failProbability, stallProbability } = machine.disk.conditions
      const disk = [isFull ? 'full' : '', failProbability > 0 ? 'failing' : '', stallProbability > 0 ? 'slow' : '']
      const change: LaneChange = { atMs, state, digest, cut, disk: disk.filter(word => word !== '') }
      const key = JSON.stringify({ ...change, atMs: 0 })
      if (this.#last[number] === key) continue
      this.#last[number] = key
      this.#lanes[number]?.push(change)
    }
    if (this.#different.at(-1)?.[1] !== seen.size) this.#different.push([atMs, seen.size])
  }

  #isCut(cluster: TestCluster, a: string, b: string): boolean {
    const { fabric } = cluster.world
    return a !== b && (fabric.isCut(a, b) || fabric.isCut(b, a))
  }

  #numberOf(digest: string | undefined): number {
    if (digest === undefined) return -1
    const known = this.#digests.get(digest)
    if (known !== undefined) return known
    this.#digests.set(digest, this.#digests.size)
    return this.#digests.size - 1
  }
}

/** A node that is being stopped has none. */
function digestOf(node: { digest(): string }): string | undefined {
  try {
    return node.digest()
  } catch {
    return undefined
  }
}
