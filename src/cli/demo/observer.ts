/**
 * Asks each node, a few times a second, what it knows: of itself, of the others, and of the actors that a page shows.
 *
 * Every node is asked in a loop of its own, so that one that hangs (a paused process) delays nobody else's picture.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { ActorOnNode, NodeSays, Selection } from '../../admin/page-model.ts'
import type { ActorView, MembersView } from '../../shoal-node.ts'
import { actorPath, ask } from '../door-client.ts'
import type { DemoCluster } from './demo-cluster.ts'
import type { NodeProcess } from './node-process.ts'

const intervalMs = 250
const timeoutMs = 1000
/** Longest state, as JSON, that is sent to the page. */
const maxStateLength = 4000

interface Status {
  readonly incarnation: string
  readonly uptimeMs: number
  readonly links: readonly string[]
  readonly ring: readonly string[]
}

export class Observer {
  readonly #cluster: DemoCluster
  readonly #stop = new AbortController()
  readonly #says = new Map<string, NodeSays>()
  /** Selected actors by key, each with the number of pages that show it and its value by node. */
  readonly #actors = new Map<string, Selected>()

  constructor(cluster: DemoCluster) {
    this.#cluster = cluster
  }

  start(): void {
    for (const node of this.#cluster.nodes) void this.#observe(node)
  }

  stop(): void {
    this.#stop.abort()
  }

  says(name: string): NodeSays | null {
    return this.#says.get(name) ?? null
  }

  select(selection: Selection): () => void {
    const key = keyOf(selection)
    const selected = this.#actors.get(key) ?? { selection, pages: 0, on: new Map() }
    this.#actors.set(key, selected)
    selected.pages++
    let isSelected = true
    return () => {
      if (!isSelected) return
      isSelected = false
      selected.pages--
      if (selected.pages === 0) this.#actors.delete(key)
    }
  }

  /** The actor's value by node. */
  actor(selection: Selection): Readonly<Record<string, ActorOnNode>> {
    return Object.fromEntries(this.#actors.get(keyOf(selection))?.on ?? [])
  }

  async #observe(node: NodeProcess): Promise<void> {
    while (!this.#stop.signal.aborted) {
      if (node.state === 'running') await this.#askNode(node)
      else if (node.state === 'paused') this.#isSilent(node)
      else this.#forget(node)
      await pause(intervalMs, undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  async #askNode(node: NodeProcess): Promise<void> {
    const door = node.ready?.http
    if (door === undefined) return
    const signal = () => AbortSignal.any([this.#stop.signal, AbortSignal.timeout(timeoutMs)])
    const askActor = async ({ selection, on }: Selected) => {
      const value = await this.#askActor(door, selection, signal())
      if (value !== undefined) on.set(node.name, value)
    }
    try {
      const [status, members] = await Promise.all([
        ask(door, '/v1/status', { signal: signal() }) as Promise<Status>,
        ask(door, '/v1/members', { signal: signal() }) as Promise<MembersView>,
        ...[...this.#actors.values()].map(askActor)
      ])
      this.#says.set(node.name, this.#saying(status, members))
    } catch {
      // It was killed, paused or cut short between two questions; its process says which, and the page shows that.
      this.#isSilent(node)
    }
  }

  #saying(status: Status, { view, members }: MembersView): NodeSays {
    const name = (id: string) => this.#cluster.nameOf(id) ?? members.find(member => member.id === id)?.name ?? id
    return {
      isFresh: true,
      incarnation: status.incarnation,
      uptimeMs: status.uptimeMs,
      links: status.links.map(name),
      sees: Object.fromEntries(members.map(member => [name(member.id), member.status])),
      view,
      ring: status.ring.map(name)
    }
  }

  async #askActor(door: URL, { kind, id }: Selection, signal: AbortSignal): Promise<ActorOnNode | undefined> {
    try {
      const { state, mode, shard, owner } = (await ask(door, actorPath(kind, id), { signal })) as ActorView
      const name = owner === null ? null : (this.#cluster.nameOf(owner) ?? owner)
      if (JSON.stringify(state).length > maxStateLength) return { error: 'too long to show here' }
      return { state, mode, shard, owner: name }
    } catch (error) {
      return signal.aborted ? undefined : { error: error instanceof Error ? error.message : String(error) }
    }
  }

  #isSilent(node: NodeProcess): void {
    const before = this.#says.get(node.name)
    if (before?.isFresh) this.#says.set(node.name, { ...before, isFresh: false })
  }

  #forget(node: NodeProcess): void {
    this.#says.delete(node.name)
    for (const { on } of this.#actors.values()) on.delete(node.name)
  }
}

interface Selected {
  readonly selection: Selection
  pages: number
  readonly on: Map<string, ActorOnNode>
}

function keyOf({ kind, id }: Selection): string {
  return JSON.stringify([kind, id])
}
