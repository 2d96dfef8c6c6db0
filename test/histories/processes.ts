/**
 * Clients of real processes, over HTTP, and what they saw: times are those of this machine's one monotonic clock, in microseconds.
 *
 * A round has cells and clients of its own, and one fault after the other while they call. Members that live may be held for dead where
 * the machine has no time for them; merge mode promises less then, so a round says which were.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKey } from '../../src/cli/cluster-key.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { membersOf, TestCluster } from '../processes/support/cluster.ts'
import type { NodeProcess } from '../processes/support/node-process.ts'
import { pause, until } from '../processes/support/until.ts'
import { Clients } from './clients.ts'
import type { Operation } from './history.ts'
import { httpWorld } from './http-world.ts'
import { Recorder } from './recorder.ts'

export const processFaults = ['kill', 'stop', 'leave'] as const
export type ProcessFault = (typeof processFaults)[number] | 'cut'

export interface ProcessHistory {
  readonly faults: readonly string[]
  readonly history: readonly Operation[]
  readonly failures: ReadonlyMap<string, number>
  /** Members that were held for dead while they lived, or waited for in vain, as the nodes' logs tell. */
  readonly doubted: readonly string[]
}

const names = ['a', 'b', 'c', 'd', 'e']
/** Much less than it takes to hold a member for dead. */
const longestStopMs = 500
/** Both sides go on alone for so long once they hold each other for dead. */
const aloneMs = 4_000
const aliveDeadlineMs = 30_000

export class ProcessHistories implements AsyncDisposable {
  readonly #cluster: TestCluster
  readonly #seed: number
  #round = 0

  private constructor(cluster: TestCluster, seed: number) {
    this.#cluster = cluster
    this.#seed = seed
  }

  /** Five nodes with the kinds that this module exports. */
  static async start({
    seed,
    actors = fileURLToPath(new URL('cells.ts', import.meta.url))
  }: {
    readonly seed: number
    readonly actors?: string
  }): Promise<ProcessHistories> {
    const cluster = new TestCluster(await mkdtemp(join(tmpdir(), 'shoal-histories-')))
    const histories = new ProcessHistories(cluster, seed)
    try {
      await createKey(cluster.keyFile)
      for (const [i, name] of names.entries())
        await cluster.add(name, names[(i + 1) % names.length], '--actors', actors)
      await Promise.all(cluster.nodes.map(node => node.start()))
      await cluster.allAlive(aliveDeadlineMs)
      return histories
    } catch (error) {
      await histories[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#cluster.nodes.map(node => node.end()))
    await rm(this.#cluster.dir, { recursive: true, force: true })
  }

  /** Some faults of these kinds, one after the other, each mended before the next. */
  async round({
    kinds,
    faults = 3
  }: {
    readonly kinds: readonly ProcessFault[]
    readonly faults?: number
  }): Promise<ProcessHistory> {
    const seed = `${this.#seed}/${++this.#round}`
    const random = new SeededRandom(`process histories/${seed}`)
    const said = new Map(this.#cluster.nodes.map(node => [node, node.stderr.length]))
    const recorder = new Recorder(() => Math.floor(Number(process.hrtime.bigint() / 1000n)))
    const clients = new Clients(httpWorld(this.#cluster.nodes, random), recorder, {
      seed: seed.replace('/', '-'),
      paceMs: 200
    })
    const inflicted: string[] = []
    const gone = new Set<string>()
    try {
      await pause(1_000)
      for (let n = 0; n < faults; n++) {
        const [victim] = random.shuffle([...this.#cluster.nodes])
        if (victim === undefined) break
        const kind = random.pick(kinds)
        inflicted.push(await this.#inflict(kind, victim, random))
        if (kind !== 'stop') gone.add(victim.name)
        await this.#cluster.allAlive(aliveDeadlineMs)
        await pause(500)
      }
    } finally {
      await clients.stop()
    }
    const doubted = [...said].flatMap(([node, from]) => doubts(node, from, gone))
    return { faults: inflicted, history: recorder.history(), failures: recorder.failures, doubted }
  }

  async #inflict(kind: ProcessFault, victim: NodeProcess, random: SeededRandom): Promise<string> {
    switch (kind) {
      case 'kill': {
        await victim.kill()
        await pause(random.between(0, 3_000))
        await victim.start()
        return `${victim.name} killed`
      }
      case 'stop': {
        victim.signal('SIGSTOP')
        await pause(random.between(50, longestStopMs))
        victim.signal('SIGCONT')
        return `${victim.name} stopped for a moment`
      }
      case 'leave': {
        victim.signal('SIGTERM')
        await victim.exited()
        await pause(random.between(0, 1_000))
        await victim.start()
        return `${victim.name} left and returned`
      }
      case 'cut': {
        const [friend] = random.shuffle(this.#cluster.others(victim))
        const far = this.#cluster.others(victim).filter(node => node !== friend)
        const near = [victim, ...(friend === undefined ? [] : [friend])]
        await Promise.all(near.map(node => node.cutFrom(far)))
        await until('both sides hold each other for dead', aliveDeadlineMs, async () => {
          for (const side of [near, far]) for (const node of side) await holdsDead(node, side === near ? far : near)
        })
        await pause(aloneMs)
        await Promise.all(near.map(node => node.heal()))
        return `${near.map(({ name }) => name).join('')} cut off`
      }
    }
  }
}

async function holdsDead(node: NodeProcess, others: readonly NodeProcess[]): Promise<void> {
  const { members } = await membersOf(node)
  for (const { id, name } of others)
    assert.equal(members.find(member => member.id === id)?.status, 'dead', `${name} as ${node.name} sees it`)
}

/** What a node logged of members that it held for dead, or did not wait for, though nothing was done to them. */
function doubts(node: NodeProcess, from: number, gone: ReadonlySet<string>): string[] {
  const log = node.stderr.slice(from)
  const dead = [...log.matchAll(/"member (\S+) is dead"/g)].flatMap(([, name = '']) =>
    gone.has(name) ? [] : [`${node.name} held ${name} for dead`]
  )
  const isImpatient = log.includes('serving without its grant')
  return [...new Set(dead), ...(isImpatient ? [`${node.name} served without a grant`] : [])]
}
