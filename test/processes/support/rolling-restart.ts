/**
 * Nodes of `shoal start` that are restarted one after the other, each by SIGTERM and on its own disk, while calls are made through the doors of the
 * others (see numbered-calls.ts). The next one goes when all hold all for alive.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { voterName } from 'shoal'
import { createKey } from '../../../src/cli/cluster-key.ts'
import { type Audit, audit } from './audit.ts'
import { TestCluster } from './cluster.ts'
import { ask, call } from './http.ts'
import { LeaseStoreServer, type StoreKind } from './lease-store-server.ts'
import type { NodeProcess } from './node-process.ts'
import { bookName, NumberedCalls, type TimedCall } from './numbered-calls.ts'
import { pause, until } from './until.ts'

export const bookKinds = { merge: 'book', lease: 'leased-book' } as const
export type BookMode = keyof typeof bookKinds

export interface RollingRestartOptions {
  readonly nodes: number
  readonly callsPerSecond: number
  readonly modes: readonly BookMode[]
  /** `voters`: the first three nodes keep it. */
  readonly store: StoreKind | 'voters'
  /** Of each kind. @default 500 */
  readonly books?: number
  /** Before the first restart and after the last one, in milliseconds. @default 3000 */
  readonly calmMs?: number
}

export interface Restart {
  readonly node: string
  readonly fromMs: number
  readonly toMs: number
  /** From SIGTERM to the end of the process. */
  readonly leftMs: number
  readonly exitCode: number | string
}

export interface RollingRestartReport {
  readonly calls: readonly TimedCall[]
  readonly restarts: readonly Restart[]
  readonly audit: Audit
  /** How late the callers themselves were at most. */
  readonly latestMs: number
}

const actors = fileURLToPath(new URL('books.ts', import.meta.url))
const voterCount = 3
/** No promise: the time that a busy machine may take. */
const patienceMs = 120_000

export class RollingRestart implements AsyncDisposable {
  readonly nodes: readonly NodeProcess[]
  readonly #cluster: TestCluster
  readonly #store: LeaseStoreServer | undefined
  readonly #options: RollingRestartOptions
  #runs = 0

  private constructor(cluster: TestCluster, store: LeaseStoreServer | undefined, options: RollingRestartOptions) {
    this.nodes = cluster.nodes
    this.#cluster = cluster
    this.#store = store
    this.#options = options
  }

  /** Resolves when all nodes serve, and hold each other for alive. */
  static async start(options: RollingRestartOptions): Promise<RollingRestart> {
    const cluster = new TestCluster(await mkdtemp(join(tmpdir(), 'shoal-rolling-')))
    await createKey(cluster.keyFile)
    const names = Array.from({ length: options.nodes }, (_, n) => String.fromCharCode(97 + n))
    const store = options.store === 'voters' ? undefined : await LeaseStoreServer.start(options.store, '127.0.0.1')
    const rolling = new RollingRestart(cluster, store, options)
    try {
      const leases = store?.flag ?? `voters:${(await votersOf(cluster, names)).join(',')}`
      for (const [n, name] of names.entries())
        await cluster.add(name, names[(n + 1) % names.length], '--actors', actors, '--leases', leases)
      await Promise.all(cluster.nodes.map(node => node.start()))
      await rolling.#allServe()
      return rolling
    } catch (error) {
      await rolling[Symbol.asyncDispose]()
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map(node => node.end()))
    await this.#store?.[Symbol.asyncDispose]()
    if (process.env['SHOAL_KEEP'] === undefined) await rm(this.#cluster.dir, { recursive: true, force: true })
  }

  /** All nodes once. */
  async run(say: (line: string) => void = () => {}): Promise<RollingRestartReport> {
    const { callsPerSecond, modes, books = 500, calmMs = 3_000 } = this.#options
    const kinds = modes.map(mode => bookKinds[mode])
    const prefix = `run-${++this.#runs}`
    await this.#isServed(kinds, prefix, books)
    await using calls = new NumberedCalls(this.nodes, { kinds, books, callsPerSecond, prefix })
    await pause(calmMs)
    const restarts: Restart[] = []
    for (const node of this.nodes) {
      const restart = await this.#restart(node, calls)
      restarts.push(restart)
      say(`${node.name} left in ${Math.round(restart.leftMs)} ms`)
    }
    await pause(calmMs)
    await calls[Symbol.asyncDispose]()
    const { done, latestMs } = calls
    return { calls: done, restarts, latestMs, audit: audit(done, await calls.books()) }
  }

  async #restart(node: NodeProcess, { resting }: NumberedCalls): Promise<Restart> {
    const fromMs = performance.now()
    resting.add(node)
    node.signal('SIGTERM')
    const exitCode = await node.exited()
    const leftMs = performance.now() - fromMs
    await node.start()
    await this.#allServe()
    resting.delete(node)
    return { node: node.name, fromMs, toMs: performance.now(), leftMs, exitCode }
  }

  /** All books once: a cluster that was just made opens what it serves as it is asked for, which is no restart. */
  async #isServed(kinds: readonly string[], prefix: string, books: number): Promise<void> {
    const [node] = this.nodes
    for (const kind of kinds)
      for (let n = 0; n < books; n++)
        await until(`${kind} ${n} answers`, patienceMs, () =>
          call(node?.http ?? '', `${kind}/${bookName(prefix, n)}/calls`)
        )
  }

  async #allServe(): Promise<void> {
    await until('all nodes are ready', patienceMs, async () => {
      for (const { name, http } of this.nodes)
        assert.equal((await ask('GET', http, '/readyz', undefined, 5_000)).status, 200, `${name} is ready`)
    })
    await this.#cluster.allAlive(patienceMs)
  }
}

async function votersOf(cluster: TestCluster, names: readonly string[]): Promise<string[]> {
  const voters: string[] = []
  for (const name of names.slice(0, voterCount)) voters.push(await voterName({ data: cluster.dataOf(name) }))
  return voters
}
