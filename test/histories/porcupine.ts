/**
 * Porcupine, the independent judge: a small Go program around github.com/anishathalye/porcupine, built on first use. A machine
 * without Go, or that cannot fetch the module, goes without, and `missing` says why; not in CI, which has seen to both.
 */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Operation } from './history.ts'
import type { Verdict } from './linearizability.ts'

const run = promisify(execFile)
const directory = fileURLToPath(new URL('porcupine', import.meta.url))
const verdicts: Readonly<Record<string, Verdict['verdict']>> = {
  Ok: 'linearizable',
  Illegal: 'refused',
  Unknown: 'unknown'
}

export class Porcupine implements AsyncDisposable {
  readonly #scratch: string
  /** Why there is none here. */
  readonly missing: string | undefined

  private constructor(scratch: string, missing: string | undefined) {
    this.#scratch = scratch
    this.missing = missing
  }

  /** Throws where Go and the module are there and the program cannot be built, and in CI where one of them is not. */
  static async build(environment: NodeJS.ProcessEnv = process.env): Promise<Porcupine> {
    const env = {
      ...environment,
      PATH: [environment['PATH'], '/usr/local/go/bin'].join(delimiter),
      // The Go that is here: none is fetched in its place.
      GOTOOLCHAIN: 'local'
    }
    const go = (...args: string[]) => run('go', args, { cwd: directory, env, timeout: 300_000 })
    const missing =
      (await failureOf(() => go('version'), 'there is no Go here')) ??
      (await failureOf(() => go('mod', 'download'), 'its Go module cannot be fetched'))
    if (missing !== undefined && environment['CI']) throw new Error(`no Porcupine in CI: ${missing}`)
    const scratch = await mkdtemp(join(tmpdir(), 'shoal-porcupine-'))
    if (missing === undefined) await go('build', '-o', join(scratch, 'porcupine'), '.')
    return new Porcupine(scratch, missing)
  }

  /** What it says of each history. One on which it spends longer than `timeoutMs` is unknown. */
  async judge(
    histories: readonly (readonly Operation[])[],
    { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}
  ): Promise<Verdict['verdict'][]> {
    const child = spawn(join(this.#scratch, 'porcupine'), { stdio: ['pipe', 'pipe', 'inherit'] })
    const closed = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
    // A program that ends early says so by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(histories.map(operations => `${JSON.stringify({ operations, timeoutMs })}\n`).join(''))
    const said: Verdict['verdict'][] = []
    for await (const line of createInterface({ input: child.stdout })) {
      const verdict = verdicts[line]
      if (verdict === undefined) throw new Error(`Porcupine said: ${line}`)
      said.push(verdict)
    }
    const code = await closed
    if (code !== 0 || said.length !== histories.length)
      throw new Error(`Porcupine ended with ${code} after ${said.length} of ${histories.length} histories`)
    return said
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#scratch, { recursive: true, force: true })
  }
}

async function failureOf(attempt: () => Promise<unknown>, what: string): Promise<string | undefined> {
  try {
    await attempt()
    return undefined
  } catch (error) {
    return `${what}: ${error instanceof Error ? error.message.trim() : String(error)}`
  }
}
