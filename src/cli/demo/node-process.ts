/**
 * One node of the demo: a `shoal start` process that can be killed, paused and brought back on its data.
 *
 * It signals nothing but the child it started and has not yet seen end, and a child does not outlive this process: it follows
 * its standard input (follow-parent.ts), and while it is stopped a guard waits to wake it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ShoalError } from '../../ports/errors.ts'

export interface NodeProcessOptions {
  readonly name: string
  readonly region: string
  readonly data: string
  readonly clusterKey: string
  readonly logFile: string
}

export interface Ready {
  readonly http: URL
  readonly listen: readonly string[]
  readonly id: string
  readonly pid: number
}

export type ProcessState = 'down' | 'starting' | 'running' | 'paused'

/** How the log begins to say that another process still has the data: perhaps a node of a demo that was killed. */
const lockedCode = 'SHOAL_DISK_LOCKED'
const lockedPatienceMs = 20_000
const lockedRetryMs = 300

const extension = extname(import.meta.filename)
const main = fileURLToPath(new URL(`../main${extension}`, import.meta.url))
const followParent = new URL(`./follow-parent${extension}`, import.meta.url).href
const shop = fileURLToPath(new URL('../../../examples/shop.ts', import.meta.url))

export class NodeProcess {
  readonly name: string
  readonly region: string
  readonly #options: NodeProcessOptions
  #child: ChildProcess | undefined
  #guard: ChildProcess | undefined
  #state: ProcessState = 'down'
  #ready: Ready | undefined
  #lastEnd: string | undefined
  #expectsEnd = false

  constructor(options: NodeProcessOptions) {
    this.name = options.name
    this.region = options.region
    this.#options = options
  }

  get state(): ProcessState {
    return this.#state
  }

  /** Of the present or, when it is down, the last process that came to serve. */
  get ready(): Ready | undefined {
    return this.#ready
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** How the last process ended: `SIGKILL`, `exit 1`. */
  get lastEnd(): string | undefined {
    return this.#lastEnd
  }

  /** Starts it and waits until it serves. Throws SHOAL_UNAVAILABLE with the end of its log when it does not come to that. */
  async start(join: readonly string[]): Promise<Ready> {
    if (this.#state !== 'down') throw this.#cannot('start')
    const patientUntilMs = performance.now() + lockedPatienceMs
    this.#state = 'starting'
    this.#expectsEnd = false
    for (;;) {
      const ready = await this.#startOnce(join)
      if (ready !== undefined) {
        this.#ready = ready
        this.#state = 'running'
        return ready
      }
      const said = await this.#endOfLog()
      const mayRetry = said.includes(lockedCode) && performance.now() < patientUntilMs && !this.#expectsEnd
      if (!mayRetry) {
        this.#state = 'down'
        throw new ShoalError(
          'SHOAL_UNAVAILABLE',
          `node ${this.name} did not start (${this.#lastEnd}); it said:\n${said}`
        )
      }
      await new Promise(resolve => setTimeout(resolve, lockedRetryMs))
    }
  }

  /** SIGKILL; resolves when the process is gone. Harmless when there is none. */
  async kill(): Promise<void> {
    this.#expectsEnd = true
    const child = this.#child
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  pause(): void {
    if (this.#state !== 'running' || this.#child?.pid === undefined) throw this.#cannot('pause')
    // A stopped process cannot see that its parent is gone. Should that happen, this shell reads the end of its input and
    // wakes the node. It is deaf to what a terminal sends to all of us, and it goes before the node does.
    const script = "trap '' INT TERM HUP; while read -r _; do :; done; kill -CONT $0"
    this.#guard = spawn('/bin/sh', ['-c', script, String(this.#child.pid)], { stdio: ['pipe', 'ignore', 'ignore'] })
    this.#guard.on('error', () => {})
    this.#child.kill('SIGSTOP')
    this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') throw this.#cannot('resume')
    this.#child?.kill('SIGCONT')
    this.#dismissGuard()
    this.#state = 'running'
  }

  /** Leaves gracefully, or is killed after the deadline. Harmless when called twice. */
  async stop(deadlineMs: number): Promise<void> {
    this.#expectsEnd = true
    const child = this.#child
    if (child === undefined) return
    const ended = once(child, 'exit')
    if (this.#state === 'paused') this.resume()
    child.kill('SIGTERM')
    const tooLate = setTimeout(() => child.kill('SIGKILL'), deadlineMs)
    await ended
    clearTimeout(tooLate)
  }

  /** Resolves with what it said when the process starts to serve, or with `undefined` when it ends before. */
  async #startOnce(join: readonly string[]): Promise<Ready | undefined> {
    const { name, region, data, clusterKey, logFile } = this.#options
    const log = openSync(logFile, 'a')
    const flags = ['--name', name, '--region', region, '--data', data, '--cluster-key', clusterKey, '--actors', shop]
    const ports = ['--http', '127.0.0.1:0', '--listen', '/ip4/127.0.0.1/tcp/0', ...join.flatMap(to => ['--join', to])]
    const child = spawn(
      process.execPath,
      [...process.execArgv, '--import', followParent, main, 'start', '--chaos', ...flags, ...ports],
      { stdio: ['pipe', 'pipe', log] }
    )
    closeSync(log)
    this.#child = child
    child.stdin?.on('error', () => {})
    const ended = new Promise<undefined>(resolve => {
      const end = (how: string) => {
        this.#ended(child, how)
        resolve(undefined)
      }
      child.on('exit', (code, signal) => end(signal ?? `exit ${code}`)).on('error', error => end(error.message))
    })
    return Promise.race([readyLine(child), ended])
  }

  #ended(child: ChildProcess, how: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#dismissGuard()
    this.#lastEnd = how
    // While it starts, `start` decides what follows.
    if (this.#state === 'starting') return
    this.#state = 'down'
    if (!this.#expectsEnd) process.stderr.write(`node ${this.name} ended: ${how}; see ${this.#options.logFile}\n`)
  }

  #dismissGuard(): void {
    this.#guard?.kill('SIGKILL')
    this.#guard = undefined
  }

  async #endOfLog(): Promise<string> {
    const text = await readFile(this.#options.logFile, 'utf8').catch(() => '')
    const lines = text.trimEnd().split('\n').slice(-6)
    return [...new Set(lines)].join('\n').slice(-4000)
  }

  #cannot(what: string): ShoalError {
    return new ShoalError('SHOAL_UNAVAILABLE', `cannot ${what} node ${this.name}: it is ${this.#state}`)
  }
}

function readyLine(child: ChildProcess): Promise<Ready> {
  return new Promise(resolve => {
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', line => {
      if (!line.startsWith('ready ')) return
      const { http, ...rest } = JSON.parse(line.slice('ready '.length))
      resolve({ ...rest, http: new URL(http) })
    })
  })
}
