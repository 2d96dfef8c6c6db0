/**
 * The three nodes of the demo and what can be done to them.
 *
 * Who is cut off is kept here, as what should be; each node is told until it has confirmed it, again after every new start. A
 * cut is made on both sides, so that it holds while one of them is restarted.
 */
import type { Action, CallAction, DrillAction } from '../../admin/page-model.ts'
import { ShoalError } from '../../ports/errors.ts'
import { actorPath, ask } from '../door-client.ts'
import type { NodeProcess } from './node-process.ts'

const drillTimeoutMs = 2000
const callDeadlineMs = 5000

export class DemoCluster {
  readonly nodes: readonly NodeProcess[]
  readonly #cut = new Set<string>()
  /** Peers that a process was told to refuse, by its pid: a new process refuses nobody. */
  readonly #told = new Map<string, { readonly pid: number; readonly peers: readonly string[] }>()
  /** The last telling of each node; they come one after another, so that what was meant last is what stands. */
  readonly #telling = new Map<string, Promise<void>>()
  readonly #onChange = new Set<() => void>()
  #isStopping = false

  constructor(nodes: readonly NodeProcess[]) {
    this.nodes = nodes
  }

  /** Calls back when a drill begins: what is being measured meanwhile means nothing. */
  onDrill(listener: () => void): void {
    this.#onChange.add(listener)
  }

  isCut(name: string): boolean {
    return this.#cut.has(name)
  }

  /** Whether nothing that the demo did stands between these two. */
  mayReach(from: string, to: string): boolean {
    return from === to || !(this.#cut.has(from) || this.#cut.has(to))
  }

  nameOf(id: string): string | undefined {
    return this.nodes.find(node => node.ready?.id === id)?.name
  }

  /** The first node alone, then the others, which join it. */
  async start(): Promise<void> {
    const [first, ...others] = this.nodes
    await first?.start([])
    await Promise.all(others.map(node => this.#revive(node)))
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.nodes.map(node => node.stop(deadlineMs)))
  }

  async act(action: Action): Promise<unknown> {
    if (this.#isStopping) throw stopping()
    const node = this.nodes.find(({ name }) => name === action.node)
    if (node === undefined) throw new ShoalError('SHOAL_BAD_ARGUMENT', 'there is no node of this name')
    if (action.type === 'call') return this.#call(node, action)
    for (const listener of this.#onChange) listener()
    return this.#drill(node, action.type)
  }

  /** Tells every node whom to refuse, where it does not know yet. Nodes that do not answer are told later. */
  async enforceCuts(): Promise<void> {
    await Promise.all(
      this.nodes.map(node => {
        const before = this.#telling.get(node.name) ?? Promise.resolve()
        const telling = before.then(() => this.#enforceCuts(node)).catch(() => {})
        this.#telling.set(node.name, telling)
        return telling
      })
    )
  }

  async #drill(node: NodeProcess, type: DrillAction['type']): Promise<void> {
    switch (type) {
      case 'cut':
        this.#cut.add(node.name)
        return this.enforceCuts()
      case 'heal':
        this.#cut.delete(node.name)
        return this.enforceCuts()
      case 'kill':
        return node.kill()
      case 'revive':
        return this.#revive(node)
      case 'pause':
        return node.pause()
      case 'resume':
        return node.resume()
    }
  }

  async #revive(node: NodeProcess): Promise<void> {
    if (this.#isStopping) throw stopping()
    const others = this.nodes.filter(other => other !== node && other.state !== 'down')
    await node.start(others.flatMap(({ ready }) => ready?.listen.slice(0, 1) ?? []))
    await this.enforceCuts()
  }

  async #enforceCuts(node: NodeProcess): Promise<void> {
    const { ready, pid } = node
    if (node.state !== 'running' || ready === undefined || pid === undefined) return
    const told = this.#told.get(node.name)
    const before = told?.pid === pid ? told.peers : []
    const peers = this.#refusedBy(node)
    if (before.length === peers.length && before.every(peer => peers.includes(peer))) return
    const post = (path: string, body: unknown) =>
      ask(ready.http, path, {
        method: 'POST',
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(drillTimeoutMs)
      })
    // The door adds to what is cut, so whom to refuse no more means to heal all and to cut the others again.
    if (before.some(peer => !peers.includes(peer))) await post('/v1/chaos/heal', {})
    if (peers.length > 0) await post('/v1/chaos/cut', { peers })
    this.#told.set(node.name, { pid, peers })
  }

  #refusedBy(node: NodeProcess): string[] {
    return this.nodes
      .filter(other => !this.mayReach(node.name, other.name))
      .flatMap(({ ready }) => (ready === undefined ? [] : [ready.id]))
  }

  async #call(node: NodeProcess, { kind, id, method, argument }: CallAction): Promise<unknown> {
    const { ready, state } = node
    if (state === 'down' || state === 'starting' || ready === undefined) {
      throw new ShoalError('SHOAL_UNAVAILABLE', `node ${node.name} is ${state}`, { retryable: true })
    }
    const signal = AbortSignal.timeout(callDeadlineMs + 500)
    const path = `${actorPath(kind, id, method)}?deadlineMs=${callDeadlineMs}`
    try {
      const body = argument === undefined ? {} : { body: JSON.stringify(argument) }
      const answer = (await ask(ready.http, path, { method: 'POST', signal, ...body })) as { result?: unknown }
      return answer.result ?? null
    } catch (error) {
      if (!signal.aborted) throw error
      throw new ShoalError(
        'SHOAL_DEADLINE',
        `node ${node.name} did not answer in ${callDeadlineMs} ms; the call may still run`,
        {
          cause: error
        }
      )
    }
  }
}

function stopping(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'the demo is stopping')
}
