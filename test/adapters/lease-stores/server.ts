/** A store's real server for the tests: on loopback, at a port of its own, in a directory that goes with it. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** The first of the files that can be run. */
export function programAt(...paths: readonly (string | undefined)[]): string | undefined {
  return paths.find(path => {
    if (path === undefined) return false
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Servers that refuse to be root run as nobody where the tests are root. */
const nobody = 65534
const account = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}

export class Server implements AsyncDisposable {
  readonly directory: string
  #process: ChildProcess | undefined
  #output = ''

  static async in(name: string): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), `shoal-${name}-`))
    if (account.uid !== undefined) await chown(directory, account.uid, account.gid)
    return new Server(directory)
  }

  private constructor(directory: string) {
    this.directory = directory
  }

  /** Runs a program that ends. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const [code] = await once(this.#spawn(program, args), 'close')
    assert.equal(code, 0, this.#output)
  }

  /** Starts the server and waits until it is ready. */
  async start(program: string, args: readonly string[], isReady: () => Promise<boolean>): Promise<void> {
    const child = this.#spawn(program, args)
    this.#process = child
    for (const endMs = performance.now() + 60_000; !(await isReady().catch(() => false)); await pause(50)) {
      assert.ok(child.exitCode === null && performance.now() < endMs, `${program} did not start:\n${this.#output}`)
    }
  }

  /** Ends it at once; what it has confirmed stays. */
  async stop(): Promise<void> {
    const child = this.#process
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGQUIT')
      const killing = setTimeout(() => child.kill('SIGKILL'), 5000)
      await once(child, 'close')
      clearTimeout(killing)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.directory, { recursive: true, force: true })
  }

  #spawn(program: string, args: readonly string[]): ChildProcess {
    const child = spawn(program, args, { cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'], ...account })
    const keep = (text: unknown) => {
      this.#output = (this.#output + String(text)).slice(-4000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.on('error', keep)
    return child
  }
}
