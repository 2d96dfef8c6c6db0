/**
 * Clients of real processes that serve cells of the `lease` mode over a real lease store, and what they saw while nodes were killed,
 * stopped for twice the lease, cut off one way or restarted one after the other, and while the store was away. Times are those of this
 * machine's one monotonic clock, in microseconds.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { voterName } from 'shoal'
import { createKey } from '../../src/cli/cluster-key.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { membersOf } from '../processes/support/cluster.ts'
import { ask } from '../processes/support/http.ts'
import { LeaseStoreServer, type StoreKind } from '../processes/support/lease-store-server.ts'
import { openNetwork, type TestNetwork } from '../processes/support/networks.ts'
import { NodeProcess } from '../processes/support/node-process.ts'
import { pause, until } from '../processes/support/until.ts'
import { Appenders } from './appenders.ts'
import type { Cell } from './cells.ts'
import { Clients } from './clients.ts'
import { type EffectJudgement, nowUs } from './effect-log.ts'
import type { Operation } from './history.ts'
import { httpWorld } from './http-world.ts'
import { leaseWithoutEffect } from './leased-cells.ts'
import { models } from './models.ts'
import { Recorder } from './recorder.ts'

export const leaseFaults = [
  'kill',
  'stop',
  'stop apart',
  'one-way cut',
  'store away',
  'all killed',
  'rolling restart'
] as const
export type LeaseFault = (typeof leaseFaults)[number]

export interface LeasedProcessesOptions {
  readonly seed: number
  /** `voters`: the first three nodes keep it themselves. */
  readonly store: StoreKind | 'voters'
  /** @default 5 */
  readonly nodes?: number
  /** @default 2000 */
  readonly leaseMs?: number
  /** How long the store is away at a time, in milliseconds. @default twice the lease */
  readonly awayMs?: number
  /** Longest time between two calls of a client, in milliseconds. @default 150 */
  readonly paceMs?: number
  /** How long nodes may take until they hold each other for alive, in milliseconds. @default 30000 */
  readonly aliveDeadlineMs?: number
  /** Of the nodes' processes. @default none */
  readonly environment?: Readonly<Record<string, string>>
}

export interface Inflicted {
  readonly kind: LeaseFault
  readonly text: string
  readonly fromUs: number
  readonly toUs: number
}

export interface LeasedHistory {
  readonly faults: readonly Inflicted[]
  readonly history: readonly Operation[]
  readonly failures: ReadonlyMap<string, number>
  readonly effects: EffectJudgement
  /** From the moment that the last fault was mended until all cells answered, in milliseconds. */
  readonly servedMs: number
}

const program = fileURLToPath(new URL('../processes/support/lease-node.ts', import.meta.url))
const actors = ['leased-cells.ts', 'effect-log.ts'].map(file => fileURLToPath(new URL(file, import.meta.url)))
const servedDeadlineMs = 30_000
const cellsOfEach = 4
const voterCount = 3
/** With a lease: after so long others have taken over. */
const takeOverMs = 3_000
/** Above all other clients. */
const firstReader = 1_000

export class LeasedProcesses implements AsyncDisposable {
  readonly nodes: readonly NodeProcess[]
  readonly network: TestNetwork
  readonly leaseMs: number
  /** None where nodes keep it themselves. */
  readonly #store: LeaseStoreServer | undefined
  readonly #options: LeasedProcessesOptions
  readonly #directory: string
  #round = 0

  private constructor(parts: {
    nodes: readonly NodeProcess[]
    network: TestNetwork
    store: LeaseStoreServer | undefined
    options: LeasedProcessesOptions
    leaseMs: number
    directory: string
  }) {
    this.nodes = parts.nodes
    this.network = parts.network
    this.leaseMs = parts.leaseMs
    this.#store = parts.store
    this.#options = parts.options
    this.#directory = parts.directory
  }

  static async start(options: LeasedProcessesOptions): Promise<LeasedProcesses> {
    const { nodes: count = 5, leaseMs = 2_000, environment = {} } = options
    const directory = await mkdtemp(join(tmpdir(), 'shoal-leased-'))
    const keyFile = join(directory, 'cluster.key')
    await createKey(keyFile)
    const network = openNetwork()
    const names = Array.from({ length: count }, (_, n) => String.fromCharCode(97 + n))
    const { store, choice } = await storeFor(
      options.store,
      network,
      names.map(name => join(directory, name))
    )
    const leases = JSON.stringify({ store: choice, leaseMs })
    const nodes: NodeProcess[] = []
    const addresses: string[] = []
    for (const name of names) {
      const { host, port, within } = await network.address(name)
      addresses.push(`/ip4/${host}/tcp/${port}`)
      const own = ['--data', join(directory, name), '--cluster-key', keyFile, '--chaos', '--http', `${host}:0`]
      const args = [...own, '--listen', `/ip4/${host}/tcp/${port}`, '--leases', leases]
      const kinds = actors.flatMap(file => ['--actors', file])
      nodes.push(new NodeProcess(name, [...args, ...kinds], environment, within, program))
    }
    const started = new LeasedProcesses({ nodes, network, store, options, leaseMs, directory })
    try {
      await Promise.all(nodes.map((node, n) => node.start('--join', addresses[(n + 1) % count] ?? '')))
      await started.allAlive()
      return started
    } catch (error) {
      await started[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(node => node.end()))
    this.network.close()
    await this.#store?.[Symbol.asyncDispose]()
    if (process.env['SHOAL_KEEP'] === undefined) await rm(this.#directory, { recursive: true, force: true })
  }

  /** What this machine and this network allow. */
  possible(): LeaseFault[] {
    return leaseFaults.filter(kind => !['one-way cut', 'stop apart'].includes(kind) || this.network.can.oneWay)
  }

  /** These faults, one after the other, each mended before the next. */
  async round(kinds: readonly LeaseFault[]): Promise<LeasedHistory> {
    const seed = `${this.#options.seed}/${++this.#round}`
    const random = new SeededRandom(`leased processes/${seed}`)
    const recorder = new Recorder(nowUs, leaseWithoutEffect)
    const world = httpWorld(this.nodes, random)
    const { paceMs = 150 } = this.#options
    const named = seed.replace('/', '-')
    const clients = new Clients(world, recorder, { seed: named, cells: cellsOfEach, paceMs })
    const cells = models.flatMap(model =>
      Array.from({ length: cellsOfEach }, (_, n): Cell => ({ model, id: `${model}-${named}-${n}` }))
    )
    let readers = 0
    /** Readers of their own, each with one question. */
    const readAt = (node: NodeProcess) =>
      cells.map(cell => {
        const client = this.nodes.length * (firstReader + ++readers) + this.nodes.indexOf(node)
        const question = { client, key: cell.id, input: { op: 'read' } as const }
        return recorder.record(question, () => world.call(client, cell, question.input))
      })
    const faults: Inflicted[] = []
    let servedMs = 0
    const appenders = new Appenders(this.nodes, new SeededRandom(`appenders/${seed}`), { prefix: named, paceMs })
    try {
      await pause(1_000)
      for (const kind of kinds) {
        const fromUs = nowUs()
        const text = await this.#inflict(kind, random, readAt)
        faults.push({ kind, text, fromUs, toUs: nowUs() })
        await this.allAlive()
        const { elapsedMs } = await until(`all cells answer after ${text}`, servedDeadlineMs, async () => {
          for (const cell of cells) await world.call(0, cell, { op: 'read' })
        })
        servedMs = Math.max(servedMs, elapsedMs)
      }
    } finally {
      await clients.stop()
      await appenders.stop()
    }
    const effects = await appenders.judged()
    return { faults, history: recorder.history(), failures: recorder.failures, effects, servedMs }
  }

  async #inflict(
    kind: LeaseFault,
    random: SeededRandom,
    readAt: (node: NodeProcess) => Promise<unknown>[]
  ): Promise<string> {
    const { leaseMs } = this
    const victim = random.pick(this.nodes)
    const others = this.nodes.filter(node => node !== victim)
    switch (kind) {
      case 'kill': {
        await victim.kill()
        // Half of them stay away until others must have taken over.
        await pause(random.chance(0.5) ? random.between(0, leaseMs) : leaseMs + takeOverMs)
        await victim.start()
        return `${victim.name} killed`
      }
      case 'stop':
      case 'stop apart': {
        const isApart = kind === 'stop apart'
        // Leaves connections that are open when it goes on.
        await Promise.all(readAt(victim))
        victim.signal('SIGSTOP')
        if (isApart) {
          await this.network.cut([victim], others)
          await this.network.cut(others, [victim])
        }
        // Short leases are over before others hold it for dead.
        await pause(Math.max(2 * leaseMs, leaseMs + takeOverMs))
        // Asked after others went on, and before it knows.
        const read = readAt(victim)
        await pause(20)
        victim.signal('SIGCONT')
        await Promise.all(read)
        if (isApart) {
          await Promise.all(readAt(victim))
          await this.network.heal(this.nodes)
        }
        return `${victim.name} stopped for twice the lease${isApart ? ', cut off' : ''}`
      }
      case 'one-way cut': {
        const isDeaf = random.chance(0.5)
        await (isDeaf ? this.network.cut(others, [victim]) : this.network.cut([victim], others))
        await pause(2 * leaseMs)
        await this.network.heal(this.nodes)
        return isDeaf ? `${victim.name} heard nobody` : `nobody heard ${victim.name}`
      }
      case 'store away': {
        const awayMs = this.#options.awayMs ?? 2 * leaseMs
        if (this.#store === undefined) {
          const voters = random.shuffle(this.nodes.slice(0, voterCount)).slice(0, (voterCount >> 1) + 1)
          await Promise.all(voters.map(voter => voter.kill()))
          await pause(awayMs)
          await Promise.all(voters.map(voter => voter.start()))
          return `${voters.map(({ name }) => name).join(' and ')} killed, most of the voters`
        }
        await this.#store.go()
        await pause(awayMs)
        await this.#store.come()
        return 'the store away'
      }
      case 'all killed': {
        await Promise.all(this.nodes.map(node => node.kill()))
        await Promise.all(this.nodes.map(node => node.start()))
        return 'all killed at once'
      }
      case 'rolling restart': {
        for (const node of random.shuffle([...this.nodes])) {
          node.signal('SIGTERM')
          await node.exited()
          await node.start()
          await this.allAlive()
        }
        return 'all restarted, one after the other'
      }
    }
  }

  /** All nodes serve, and hold each other for alive. */
  async allAlive(): Promise<void> {
    const { aliveDeadlineMs = 30_000 } = this.#options
    const ids = this.nodes.map(({ id }) => id).toSorted()
    await until('all nodes serve and hold each other for alive', aliveDeadlineMs, async () => {
      for (const node of this.nodes) {
        assert.equal((await ask('GET', node.http, '/readyz', undefined, 5_000)).status, 200, `${node.name} serves`)
        const { members } = await membersOf(node)
        const alive = members.flatMap(({ id, status }) => (status === 'alive' ? [id] : [])).toSorted()
        assert.deepEqual(alive, ids, `as ${node.name} sees it`)
      }
    })
  }
}

async function storeFor(kind: LeasedProcessesOptions['store'], network: TestNetwork, places: readonly string[]) {
  if (kind !== 'voters') {
    const store = await LeaseStoreServer.start(kind, network.outside)
    return { store, choice: store.choice }
  }
  const voters: string[] = []
  for (const data of places.slice(0, voterCount)) voters.push(await voterName({ data }))
  return { store: undefined, choice: { voters } }
}
