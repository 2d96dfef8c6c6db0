/**
 * `shoal start` as a real process: started, stopped for a while, killed and started again on its data.
 *
 * No process outlives the file that started it: whatever ends this process kills those that are left.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ask } from './http.ts'
import { until } from './until.ts'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const shop = fileURLToPath(new URL('../../../examples/shop.ts', import.meta.url))

/** No promise: the time a busy machine may take to start a process. */
const readyDeadlineMs = 60_000
const running = new Set<ChildProcess>()

process.on('exit', killAll)
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1))
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL')
}

export interface Ready {
  readonly http: string
  readonly listen: readonly string[]
  readonly id: string
  readonly pid: number
}

export class NodeProcess {
  readonly name: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** All that this node has said since the test began, over its restarts. */
  stderr = ''
  #child: ChildProcess | undefined
  #exited: Promise<number | string> | undefined
  #ready: Ready | undefined

  /** A command that runs the node's own, such as one that puts it into a network of its own. */
  readonly within: readonly string[]
  /** That understands `start` and its flags. */
  readonly program: string

  constructor(
    name: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    within: readonly string[] = [],
    program = main
  ) {
    this.name = name
    this.args = args
    this.environment = environment
    this.within = within
    this.program = program
  }

  /** Resolves when the node serves. More arguments may follow those that it always has. */
  async start(...more: readonly string[]): Promise<Ready> {
    this.spawn(...more)
    return this.untilReady()
  }

  spawn(...more: readonly string[]): void {
    if (this.#child !== undefined) throw new Error(`${this.name} runs already`)
    const command = ['--conditions=shoal-source', this.program, 'start', '--name', this.name, '--actors', shop]
    const own = [process.execPath, ...command, '--http', '127.0.0.1:0', ...this.args, ...more]
    const [program = '', ...args] = [...this.within, ...own]
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...this.environment }
    })
    running.add(child)
    this.#child = child
    this.#ready = undefined
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', chunk => {
      stdout += chunk
      const line = /^ready (.*)\n/.exec(stdout)?.[1]
      if (line !== undefined) this.#ready ??= JSON.parse(line)
    })
    child.stderr.setEncoding('utf8').on('data', chunk => {
      this.stderr += chunk
    })
    this.#exited = once(child, 'close').then(([code, signal]) => {
      running.delete(child)
      if (this.#child === child) this.#child = undefined
      return code ?? signal
    })
  }

  async untilReady(): Promise<Ready> {
    const { value } = await until(`${this.name} serves`, readyDeadlineMs, () => {
      if (this.#ready !== undefined) return { ready: this.#ready }
      if (this.#child === undefined) return { failure: `${this.name} ended before it served:\n${this.stderr}` }
      throw new Error(this.stderr)
    })
    if (value.ready === undefined) throw new Error(value.failure)
    return value.ready
  }

  get ready(): Ready {
    if (this.#ready === undefined) throw new Error(`${this.name} does not serve`)
    return this.#ready
  }

  get http(): string {
    return this.ready.http
  }

  get id(): string {
    return this.ready.id
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#child?.kill(signal) !== true) throw new Error(`${this.name} is not there to get ${signal}`)
  }

  /** The exit code, or the signal that ended it. */
  exited(): Promise<number | string> {
    if (this.#exited === undefined) throw new Error(`${this.name} was never started`)
    return this.#exited
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.exited()
  }

  /** Closes its links with these nodes and refuses new ones. Needs `--chaos`. */
  async cutFrom(others: readonly NodeProcess[]): Promise<void> {
    await this.#drill('cut', { peers: others.map(({ id }) => id) })
  }

  async heal(): Promise<void> {
    await this.#drill('heal')
  }

  async #drill(drill: string, body?: unknown): Promise<void> {
    const { status } = await ask('POST', this.http, `/v1/chaos/${drill}`, body)
    if (status !== 200) throw new Error(`${this.name}: ${drill} was answered with ${status}`)
  }

  /** For the end of a test: dead afterwards, whatever it was doing. */
  async end(): Promise<void> {
    if (this.#child === undefined) return
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
