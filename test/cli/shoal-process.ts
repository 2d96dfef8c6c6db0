/** The `shoal` command as a real process, with an end that a test cannot forget. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

/** Fails what hangs: processes may take their time to start on a busy machine. */
export const hangMs = 120_000

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
export const shop = fileURLToPath(new URL('../../examples/shop.ts', import.meta.url))

export interface Ready {
  readonly http: string
  readonly listen: readonly string[]
  readonly id: string
  readonly pid: number
}

export interface ShoalProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>
  readonly output: { stdout: string; stderr: string }
  /** Resolves when the text of stdout or stderr satisfies the pattern; fails when the process ends before, or does nothing for long. */
  says(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpMatchArray>
}

export function shoal(t: TestContext, ...args: readonly string[]): ShoalProcess {
  const child = spawn(process.execPath, ['--conditions=shoal-source', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  t.after(() => {
    child.kill('SIGKILL')
  })
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', chunk => {
      output[stream] += chunk
    })
  }
  const exited = once(child, 'close').then(([code, signal]) => code ?? signal)
  const says = async (stream: 'stdout' | 'stderr', pattern: RegExp) => {
    const giveUp = AbortSignal.timeout(hangMs)
    for (;;) {
      const match = output[stream].match(pattern)
      if (match !== null) return match
      const signal = AbortSignal.any([giveUp])
      const ended = await Promise.race([
        once(child[stream], 'data', { signal }).then(() => false),
        exited.then(() => true)
      ]).catch(() => true)
      if (ended && !pattern.test(output[stream])) {
        throw new Error(`shoal ${args.join(' ')} did not say ${pattern}; it said:\n${output.stdout}\n${output.stderr}`)
      }
    }
  }
  return { child, exited, output, says }
}

/** Runs a command to its end. */
export async function run(t: TestContext, ...args: readonly string[]) {
  const command = shoal(t, ...args)
  const exit = await command.exited
  return { exit, ...command.output }
}

/** Starts a node on free ports and waits until it serves. */
export async function startNode(t: TestContext, dir: string, name: string, ...args: readonly string[]) {
  const ports = ['--http', '127.0.0.1:0', '--listen', '/ip4/127.0.0.1/tcp/0']
  const node = shoal(t, 'start', '--name', name, '--actors', shop, '--data', join(dir, name), ...ports, ...args)
  const [, line = ''] = await node.says('stdout', /^ready (.*)\n/)
  return { ...node, ready: JSON.parse(line) as Ready }
}

export async function temporaryDirectory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-cli-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Asks again and again until the answer is there; fails with the last reason after the deadline, which is there for what hangs. */
export async function eventually<T>(claim: () => Promise<T>, deadlineMs = hangMs): Promise<T> {
  const until = performance.now() + deadlineMs
  for (;;) {
    try {
      return await claim()
    } catch (error) {
      if (performance.now() > until) throw error
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
}
