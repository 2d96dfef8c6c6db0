/** Three processes of one database, linked with each other. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { monotonicMs, pause } from '../support/monotonic.ts'
import type { DatabaseTasks } from './worker.ts'

type Options<N extends keyof DatabaseTasks> = Parameters<DatabaseTasks[N]>[0]
type Result<N extends keyof DatabaseTasks> = Awaited<ReturnType<DatabaseTasks[N]>>

export class DatabaseProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  #number = 0
  #errors = ''

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'worker.ts'), [], {
      execArgv: ['--conditions=shoal-source'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
    this.#child.on('message', (message: { number: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(message.number)
      this.#waiting.delete(message.number)
      if (message.error === undefined) waiting?.resolve(message.result)
      else waiting?.reject(new Error(message.error))
    })
    this.#child.on('exit', () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error(`a process ended\n${this.#errors}`))
      this.#waiting.clear()
    })
  }

  ask<N extends keyof DatabaseTasks>(task: N, options: Options<N>): Promise<Result<N>> {
    const number = ++this.#number
    const waiting = Promise.withResolvers<unknown>()
    this.#waiting.set(number, waiting)
    this.#child.send({ number, task, options })
    return waiting.promise as Promise<Result<N>>
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

/** The processes of a run, gone when it is disposed of. */
export class DatabaseCluster {
  readonly processes: readonly DatabaseProcess[]

  private constructor(processes: readonly DatabaseProcess[]) {
    this.processes = processes
  }

  static async start(name: string, dataDir: string, count = 3): Promise<DatabaseCluster> {
    const base = await mkdtemp(join(dataDir, 'database-'))
    const secret = new Uint8Array(randomBytes(32))
    const cluster = new DatabaseCluster(Array.from({ length: count }, () => new DatabaseProcess()))
    const others: string[] = []
    let map: string | undefined
    try {
      for (const [i, process] of cluster.processes.entries()) {
        const directory = join(base, String(i))
        await mkdir(directory)
        const opened = await process.ask('open', { name, options: { directory, secret, others: [...others], map } })
        others.push(opened.address)
        map = opened.map
      }
      return cluster
    } catch (error) {
      await cluster[Symbol.asyncDispose]()
      throw error
    }
  }

  at(i: number): DatabaseProcess {
    const process = this.processes[i]
    if (process === undefined) throw new RangeError(`no process ${i}`)
    return process
  }

  async usage(): Promise<{ cpuMs: number; sentBytes: number }> {
    const usages = await Promise.all(this.processes.map(process => process.ask('usage', {})))
    return {
      cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
      sentBytes: usages.reduce((sum, { sentBytes }) => sum + sentBytes, 0)
    }
  }

  /** The moment at which all hold the same, or `undefined` at the deadline. */
  async equalAt(deadlineMs: number): Promise<number | undefined> {
    const startMs = monotonicMs()
    while (monotonicMs() - startMs < deadlineMs) {
      const digests = await Promise.all(this.processes.map(process => process.ask('digest', {})))
      if (new Set(digests).size === 1) return monotonicMs()
      await pause(20)
    }
    return undefined
  }

  /** Resolves when a write of each process is visible in all others; some lose what is written right after a start. */
  async warmUp(): Promise<void> {
    for (const [i, writer] of this.processes.entries()) {
      const key = `warm-up-${i}`
      const deadlineMs = monotonicMs() + 60_000
      for (let value = 1; ; value++) {
        await writer.ask('put', { key, value })
        await pause(200)
        const values = await Promise.all(this.processes.map(process => process.ask('get', { key })))
        if (values.every(seen => seen !== undefined)) break
        if (monotonicMs() > deadlineMs) throw new Error('the processes do not hear each other')
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.processes.map(process => process.end()))
  }
}
