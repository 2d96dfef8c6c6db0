/** A cluster of so many processes on this machine's loopback, each with its own data directory, gone when it is disposed of. */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { voterName } from '../../src/node-identity.ts'
import type { BenchContext } from './benchmark.ts'
import { WorkerProcess } from './worker-process.ts'
import type { TaskName, TaskOptions, TaskResult, WorkerOptions } from './worker-protocol.ts'

const settleDeadlineMs = 30_000
/** The first nodes keep the lease store. */
const voterCount = 3

export class BenchCluster {
  readonly nodes: WorkerProcess[] = []
  readonly #dir: string
  readonly #make: (dir: string, number: number) => WorkerProcess

  private constructor(dir: string, make: (dir: string, number: number) => WorkerProcess) {
    this.#dir = dir
    this.#make = make
  }

  /** Resolves when all nodes serve and are linked with each other. */
  static async start(
    context: BenchContext,
    {
      nodes: count,
      http = false,
      leases = false,
      ...more
    }: { nodes: number; leases?: boolean } & Partial<Pick<WorkerOptions, 'http' | 'dissemination' | 'lostShare'>>
  ): Promise<BenchCluster> {
    const dir = await mkdtemp(join(context.dataDir, 'cluster-'))
    const clusterKey = new Uint8Array(randomBytes(32))
    const voters: string[] = []
    for (let number = 1; leases && number <= voterCount; number++)
      voters.push(await voterName({ data: join(dir, `node-${number}`) }))
    const cluster = new BenchCluster(dir, (dir, number) => {
      const name = `node-${number}`
      const options = {
        name,
        data: join(dir, name),
        clusterKey,
        join: [],
        listen: '/ip4/127.0.0.1/tcp/0',
        http,
        ...(leases ? { voters } : {}),
        ...more
      }
      return new WorkerProcess(options, context.nodeOptions)
    })
    try {
      for (let i = 0; i < count; i++) await cluster.addNode()
      await cluster.settled()
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Starts one more. Resolves when it serves. */
  async addNode(): Promise<WorkerProcess> {
    const node = this.#make(this.#dir, this.nodes.length + 1)
    const [first] = this.nodes
    this.nodes.push(node)
    await node.start(first?.ready.addresses ?? [])
    return node
  }

  async settled(): Promise<void> {
    await this.all('settled', { nodes: this.nodes.length, deadlineMs: settleDeadlineMs })
  }

  node(i: number): WorkerProcess {
    const node = this.nodes[i % this.nodes.length]
    if (node === undefined) throw new RangeError('a cluster without nodes')
    return node
  }

  /** Gives every node the same task. Answers their results, in the order of the nodes. */
  all<N extends TaskName>(name: N, options: TaskOptions<N>): Promise<TaskResult<N>[]> {
    return Promise.all(this.nodes.map(node => node.ask(name, options)))
  }

  async usage(): Promise<ClusterUsage> {
    const usages = await this.all('usage', {})
    const sum = (counter: string) => usages.reduce((total, { counters }) => total + (counters[counter] ?? 0), 0)
    return {
      cpuMs: usages.reduce((total, { cpuMs }) => total + cpuMs, 0),
      sentBytes: usages.reduce((total, { sentBytes }) => total + sentBytes, 0),
      counter: sum
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ends = await Promise.allSettled(this.nodes.map(node => node.stop()))
    await rm(this.#dir, { recursive: true, force: true })
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
}

/** Of all nodes together, since they started. */
export interface ClusterUsage {
  readonly cpuMs: number
  /** Given to sockets: what all nodes sent to all others. */
  readonly sentBytes: number
  counter(name: string): number
}
