/** The bench's hold on one node's process: starts it, gives it tasks, stops or kills it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname, join } from 'node:path'
import type {
  FromWorker,
  TaskName,
  TaskOptions,
  TaskResult,
  ToWorker,
  WorkerOptions,
  WorkerReady
} from './worker-protocol.ts'

const workerFile = join(import.meta.dirname, `worker${extname(import.meta.filename)}`)
/** A process that has not started or stopped by then is taken for hung. */
const patienceMs = 30_000

export class WorkerProcess {
  readonly name: string
  readonly #options: WorkerOptions
  readonly #nodeOptions: readonly string[]
  readonly #tasks = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>()
  #child: ChildProcess | undefined
  #exited: Promise<unknown> = Promise.resolve()
  #ready: PromiseWithResolvers<WorkerReady> = Promise.withResolvers()
  #known: WorkerReady | undefined
  #number = 0
  #errors = ''

  constructor(options: WorkerOptions, nodeOptions: readonly string[]) {
    this.name = options.name
    this.#options = options
    this.#nodeOptions = nodeOptions
  }

  get ready(): WorkerReady {
    if (this.#known === undefined) throw new Error(`${this.name} is not running`)
    return this.#known
  }

  /** Starts the process, again after `kill`. Resolves when its node serves. */
  async start(join: readonly string[]): Promise<WorkerReady> {
    this.#ready = Promise.withResolvers()
    this.#errors = ''
    const child = fork(workerFile, [], {
      execArgv: ['--conditions=shoal-source', ...this.#nodeOptions],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc']
    })
    this.#child = child
    this.#exited = once(child, 'exit')
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-4000)
    })
    child.on('message', (message: FromWorker) => this.#hear(message, join))
    child.on('exit', (code, signal) => this.#ended(`${this.name} ended with ${signal ?? code}\n${this.#errors}`))
    this.#known = await within(patienceMs, `${this.name} to start`, this.#ready.promise)
    return this.#known
  }

  ask<N extends TaskName>(name: N, options: TaskOptions<N>): Promise<TaskResult<N>> {
    const number = ++this.#number
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#tasks.set(number, { resolve, reject })
    this.#tell({ type: 'task', number, name, options })
    return promise as Promise<TaskResult<N>>
  }

  /** SIGKILL, at once. Resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child?.kill('SIGKILL')
    await this.#exited
  }

  /** Stops the node and waits for its process; a hung one is killed. */
  stop(): Promise<void> {
    return this.#end(false)
  }

  /** As `stop`, after the node has handed over and said farewell. */
  leave(): Promise<void> {
    return this.#end(true)
  }

  async #end(leaves: boolean): Promise<void> {
    if (this.#child === undefined) return
    this.#tell({ type: 'stop', leaves })
    try {
      await within(patienceMs, `${this.name} to ${leaves ? 'leave' : 'stop'}`, this.#exited)
    } catch (error) {
      await this.kill()
      throw error
    }
  }

  #tell(message: ToWorker): void {
    if (this.#child?.connected === true) this.#child.send(message)
    else if (message.type === 'task') this.#tasks.get(message.number)?.reject(new Error(`${this.name} is not running`))
  }

  #hear(message: FromWorker, join: readonly string[]): void {
    if (message.type === 'loaded') this.#tell({ type: 'start', options: { ...this.#options, join } })
    else if (message.type === 'ready') this.#ready.resolve(message.ready)
    else {
      const task = this.#tasks.get(message.number)
      this.#tasks.delete(message.number)
      if (message.type === 'done') task?.resolve(message.result)
      else task?.reject(new Error(`${this.name}: ${message.message}`))
    }
  }

  #ended(why: string): void {
    this.#child = undefined
    this.#known = undefined
    this.#ready.reject(new Error(why))
    for (const task of this.#tasks.values()) task.reject(new Error(why))
    this.#tasks.clear()
  }
}

async function within<T>(deadlineMs: number, what: string, promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`waited ${deadlineMs} ms for ${what}`)), deadlineMs)
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
