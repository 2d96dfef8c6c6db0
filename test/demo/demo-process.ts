/** `npm start` as a real process, and what can be found out about it from outside. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../cli/shoal-process.ts'
import { send } from '../gateway/http-request.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const main = join(root, 'src/cli/main.ts')

export interface DemoProcess {
  readonly page: string
  /** The demo itself, or npm where that started it. */
  readonly pid: number
  /** The nodes a, b and c. */
  readonly pids: readonly number[]
  signal(...signals: readonly NodeJS.Signals[]): void
  /** The exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>
}

/** Starts the demo on this directory and waits until its three nodes serve. Stops it when the test ends. */
export async function startDemo(t: TestContext, data: string, options: { npm?: boolean } = {}): Promise<DemoProcess> {
  const flags = ['--port', '0', '--data', data]
  const [command, ...args] = options.npm
    ? ['npm', 'start', '--silent', '--', ...flags]
    : [process.execPath, '--conditions=shoal-source', main, 'demo', ...flags]
  const child = spawn(command ?? '', args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal)
  let hasEnded = false
  void exited.then(() => {
    hasEnded = true
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  }
  t.after(async () => {
    if (!hasEnded) child.kill('SIGTERM')
    await exited
  })
  await eventually(async () => {
    if (!hasEnded) assert.match(output, /Ctrl-C stops them/)
  })
  assert.match(output, /Ctrl-C stops them/, `the demo ended before its nodes served:\n${output}`)
  const pids = [...output.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid))
  assert.equal(pids.length, 3)
  return {
    page: /page {2}(\S+)/.exec(output)?.[1] ?? '',
    pid: child.pid ?? 0,
    pids,
    signal: (...signals) => {
      for (const signal of signals) child.kill(signal)
    },
    exited
  }
}

/** A directory for one test, removed when everything that was started in it has ended. Ask for it before starting anything. */
export async function demoDirectory(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-demo-'))
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 20 }))
  return directory
}

/** Those of the processes that still run or are stopped; one that ended and was not yet collected by its parent does not count. */
export function stillRunning(pids: readonly number[]): number[] {
  const running = new Set(processes().map(({ pid }) => pid))
  return pids.filter(pid => running.has(pid))
}

export function childrenOf(parent: number): number[] {
  return processes().flatMap(({ pid, ppid }) => (ppid === parent ? [pid] : []))
}

/** Every process but zombies: from /proc where there is one, because small Debian images have no `ps`. */
function processes(): { readonly pid: number; readonly ppid: number }[] {
  const lines = existsSync('/proc/self/stat') ? fromProc() : fromPs()
  return lines.filter(({ state }) => !state.startsWith('Z'))
}

function fromProc() {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return []
    try {
      // pid (command) state ppid …; the command may hold anything, brackets too.
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      const [state = '', ppid = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return [{ pid: Number(name), ppid: Number(ppid), state }]
    } catch {
      return []
    }
  })
}

function fromPs() {
  const { stdout, error } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  assert.equal(error, undefined, 'ps is needed to see which processes run')
  return stdout.split('\n').flatMap(line => {
    const [pid, ppid, state = ''] = line.trim().split(/\s+/)
    return pid === undefined || pid === '' ? [] : [{ pid: Number(pid), ppid: Number(ppid), state }]
  })
}

/** Presses a button of the page, as it were. Answers the result, fails with the error that came back. */
export async function press(page: string, action: Readonly<Record<string, unknown>>): Promise<unknown> {
  const answer = await postJson(page, action)
  assert.equal(answer.status, 200, answer.text)
  return (answer.json() as { result: unknown }).result
}

export function postJson(page: string, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  return send(page, '/actions', {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers }
  })
}
