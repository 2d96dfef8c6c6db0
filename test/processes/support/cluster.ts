/** A few nodes with one key, each in its own process and directory, gone with the test that asked for them. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { createKey } from '../../../src/cli/cluster-key.ts'
import { freePort } from '../../support/free-ports.ts'
import { get } from './http.ts'
import { NodeProcess } from './node-process.ts'
import { until } from './until.ts'

/** Within this every node sees every other as alive. */
export const meetDeadlineMs = 5_000

export interface Members {
  readonly self: string
  readonly view: number
  readonly members: readonly {
    readonly id: string
    readonly name: string
    readonly status: 'alive' | 'suspect' | 'dead' | 'left'
    readonly incarnation: string
  }[]
}

export class TestCluster {
  readonly dir: string
  readonly keyFile: string
  readonly nodes: NodeProcess[] = []
  readonly #ports = new Map<string, number>()

  constructor(dir: string) {
    this.dir = dir
    this.keyFile = join(dir, 'cluster.key')
  }

  /** A node that is not started yet and knows one other, which need not exist yet. */
  async add(name: string, joins: string | undefined, ...args: readonly string[]): Promise<NodeProcess> {
    const listen = ['--listen', await this.address(name)]
    const joining = joins === undefined ? [] : ['--join', await this.address(joins)]
    const common = ['--data', this.dataOf(name), '--cluster-key', this.keyFile, '--chaos']
    const node = new NodeProcess(name, [...common, ...listen, ...joining, ...args])
    this.nodes.push(node)
    return node
  }

  dataOf(name: string): string {
    return join(this.dir, name)
  }

  async port(name: string): Promise<number> {
    const port = this.#ports.get(name) ?? (await freePort())
    this.#ports.set(name, port)
    return port
  }

  async address(name: string): Promise<string> {
    return `/ip4/127.0.0.1/tcp/${await this.port(name)}`
  }

  others(node: NodeProcess): NodeProcess[] {
    return this.nodes.filter(other => other !== node)
  }

  node(id: string): NodeProcess {
    const found = this.nodes.find(node => node.isRunning && node.id === id)
    if (found === undefined) throw new Error(`no node that runs has the id ${id}`)
    return found
  }

  /** Every node that runs holds all of them, and nobody else, for alive. Answers how long that took. */
  async allAlive(deadlineMs = meetDeadlineMs): Promise<number> {
    const running = this.nodes.filter(node => node.isRunning)
    const ids = running.map(({ id }) => id).toSorted()
    const { elapsedMs } = await until('all nodes hold each other for alive', deadlineMs, async () => {
      for (const node of running) assert.deepEqual(await aliveAccordingTo(node), ids, `as ${node.name} sees it`)
    })
    return elapsedMs
  }
}

export async function membersOf(node: NodeProcess): Promise<Members> {
  return get<Members>(node.http, '/v1/members')
}

async function aliveAccordingTo(node: NodeProcess): Promise<string[]> {
  const { members } = await membersOf(node)
  return members.flatMap(({ id, status }) => (status === 'alive' ? [id] : [])).toSorted()
}

export async function emptyCluster(t: TestContext): Promise<TestCluster> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-processes-'))
  const cluster = new TestCluster(dir)
  t.after(async () => {
    await Promise.all(cluster.nodes.map(node => node.end()))
    if (!hasPassed(t)) for (const node of cluster.nodes) sayLast(t, node)
    if (process.env['SHOAL_KEEP'] === undefined) await rm(dir, { recursive: true, force: true })
    else t.diagnostic(`kept ${dir}`)
  })
  await createKey(cluster.keyFile)
  return cluster
}

/** Nodes in a ring of joins, each knowing one other, serving and alive to each other. */
export async function startCluster(
  t: TestContext,
  names: readonly string[],
  ...args: readonly string[]
): Promise<TestCluster> {
  const cluster = await emptyCluster(t)
  for (const [i, name] of names.entries()) await cluster.add(name, names[(i + 1) % names.length], ...args)
  await Promise.all(cluster.nodes.map(node => node.start()))
  await cluster.allAlive()
  return cluster
}

/** Node has the property, and its types do not. */
function hasPassed(t: TestContext): boolean {
  return (t as { readonly passed?: boolean }).passed === true
}

/** What it warned of, and whatever is no line of the log, such as the stack of a crash. */
function sayLast(t: TestContext, node: NodeProcess): void {
  const lines = node.stderr.trimEnd().split('\n')
  const telling = lines.filter(line => !/^\{"level":[123]0/.test(line)).slice(-12)
  const shortened = telling.map(line => line.slice(0, 400))
  t.diagnostic(`${lines.length} log lines of ${node.name}; the last warnings:\n${shortened.join('\n')}`)
}
