/**
 * Watches of this node's readers, and those of others that run here. An actor is watched on every node: where it is not, the nearest
 * node that has it shows it, or, where it is a leased one, its owner.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { Pauses } from '../../cluster/pauses.ts'
import { seenDots } from '../../cluster/seen-dots.ts'
import type { Commit } from '../../cluster/shard-store.ts'
import type { Calls } from '../../cluster/wire.ts'
import type { CausalContext } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { ActorParts } from '../calls/router.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { WatchSource } from './followed-watch.ts'
import type { LeasedWatches } from './leased-watches.ts'
import { type ActorPlaces, SharedWatches } from './shared-watch.ts'
import { type Look, type Sight, type Turn, type Watcher, Watchers } from './watch.ts'
import { WatchChannel } from './watch-channel.ts'
import { type OpenedWatch, WatchServer, type WatchServerOptions } from './watch-server.ts'

export interface WatchingOptions extends WatchServerOptions {
  /** Watches of this node's readers at once; one more is refused as `SHOAL_OVERLOADED`. @default 10000 */
  maxWatches?: number
}

export class Watching {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #self: PeerId
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  readonly #maxWatches: number
  readonly #watchers: Watchers
  readonly #channel: WatchChannel
  readonly #server: WatchServer
  readonly #shared: SharedWatches
  readonly #leased: LeasedWatches | undefined
  /** They end when links or places change. */
  readonly #pauses: Pauses
  readonly #remote
  /** Linked peers that are not there: suspended, perhaps. */
  #absent: ReadonlySet<PeerId> = new Set()
  #stopped = false

  /** `leased`: where the node has a lease store. */
  constructor(
    parts: Omit<ActorParts, 'leased'> & { readonly leased?: LeasedWatches | undefined },
    options: WatchingOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#self = parts.self
    this.#pauses = new Pauses(parts.clock)
    this.#definitions = parts.definitions
    this.#maxWatches = options.maxWatches ?? 10_000
    this.#watchers = new Watchers(() => parts.cluster.store.durable(), parts.clock)
    this.#shared = new SharedWatches(task => parts.clock.soon(task))
    this.#leased = parts.leased
    this.#channel = new WatchChannel(parts)
    this.#server = new WatchServer({ ...parts, open: (watch, turn) => this.#serve(watch, turn) }, options)
    this.#remote = parts.metrics.counter(
      'shoal_watches_sent_total',
      'Watches begun at another node, those that went from one to another included'
    )
  }

  /** Throws `SHOAL_OVERLOADED` and `SHOAL_STOPPED`; the rest is told to whoever asks for the first state. */
  watch(definition: AnyDefinition, id: string): AsyncIterableIterator<unknown> {
    this.#admit()
    return this.#shared.watch(this.#placesOf(definition, id))
  }

  /** The same, each state as JSON. */
  watchText(definition: AnyDefinition, id: string): AsyncIterableIterator<string> {
    this.#admit()
    return this.#shared.watchText(this.#placesOf(definition, id))
  }

  #admit(): void {
    if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    if (this.#shared.size >= this.#maxWatches)
      throw new ShoalError('SHOAL_OVERLOADED', 'too many watches', { retryable: true })
    if (this.#shared.size === 0) this.#seeWhoIsAbsent()
  }

  /** Answers whether the message was one of these. */
  receive(peer: PeerId, message: Calls): boolean {
    if (message.watch != null) this.#server.begin(peer, message.watch)
    else if (message.watchState != null) this.#channel.receiveState(peer, message.watchState)
    else if (message.watchTaken != null) this.#server.taken(peer, message.watchTaken)
    else if (message.watchEnd != null) this.#channel.receiveEnd(peer, message.watchEnd)
    else return false
    return true
  }

  linked(peer: PeerId): void {
    this.#reconsider(peer)
  }

  unlinked(peer: PeerId): void {
    this.#server.unlinked(peer)
    this.#channel.unlinked(peer)
  }

  committed(commit: Commit): void {
    this.#watchers.committed(commit)
  }

  /** Who is there, or who has what, has changed. */
  viewChanged(): void {
    this.#watchers.moved(shard => !this.#cluster.replicas.serves(shard))
    this.#reconsider()
  }

  /** What this node has of the shard is in doubt, or no more here. */
  abandoned(shard: number): void {
    this.#watchers.moved(other => other === shard)
  }

  stop(): void {
    this.#stopped = true
    this.#server.stop()
    this.#shared.stop()
    this.#channel.stop()
    this.#watchers.stop()
    this.#leased?.stop()
    this.#pauses.end()
  }

  #reconsider(linked?: PeerId): void {
    // Nobody asks: in a large cluster, this is often.
    if (this.#shared.size === 0 && this.#pauses.count === 0) return
    this.#seeWhoIsAbsent()
    this.#shared.reconsider(linked)
    this.#pauses.end()
  }

  #seeWhoIsAbsent(): void {
    const present = new Set(this.#cluster.membership.alive())
    this.#absent = new Set(this.#cluster.links().filter(peer => !present.has(peer)))
  }

  #placesOf(definition: AnyDefinition, id: string): ActorPlaces {
    const { replicas } = this.#cluster
    const shard = this.#runtime.shardOf(definition.kind, id)
    const actor = `${definition.kind}/${id}`
    const elapsedMs = () => this.#clock.elapsed()
    if (this.#leased !== undefined && definition.partition === 'lease') {
      const { pauseMs, ...places } = this.#leased.places(shard)
      return {
        ...places,
        actor,
        open: (place, shown) => this.#openAt(place, definition, id, shown),
        pause: delayMs => this.#pauses.pause(pauseMs(delayMs)),
        elapsedMs
      }
    }
    const without = (avoid: ReadonlySet<PeerId>) =>
      this.#absent.size === 0 ? avoid : new Set([...avoid, ...this.#absent])
    return {
      actor,
      best: avoid => replicas.replica(shard, without(avoid)),
      isBest: (place, avoid) => replicas.isBest(shard, place, without(avoid)),
      open: (place, shown) => this.#openAt(place, definition, id, shown),
      pause: delayMs => this.#pauses.pause(delayMs),
      elapsedMs
    }
  }

  #openAt(place: PeerId, definition: AnyDefinition, id: string, shown: CausalContext): WatchSource {
    if (place === this.#self) return this.#openHere(definition, id, shown)
    this.#remote.add()
    return this.#channel.open(place, `${definition.kind}/${id}`, shown, definition.partition === 'lease')
  }

  #openHere(definition: AnyDefinition, id: string, shown: CausalContext, turn?: Turn): Watcher {
    const shard = this.#runtime.shardOf(definition.kind, id)
    if (this.#leased !== undefined && definition.partition === 'lease')
      return this.#leased.watch(definition, id, shard, shown, turn)
    return this.#watchers.watch(`${definition.kind}/${id}`, shard, this.#lookAt(definition, id), shown, turn)
  }

  #serve({ actor, shown, isLeased }: OpenedWatch, turn: Turn): Watcher {
    const slash = actor.indexOf('/')
    const definition = this.#definitions.get(actor.slice(0, slash))
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `the node that has ${actor} does not know this kind`)
    if (isLeased !== (definition.partition === 'lease'))
      throw new ShoalError(
        'SHOAL_UNKNOWN_KIND',
        `the node that has ${actor} does not know this kind with that partition`
      )
    return this.#openHere(definition, actor.slice(slash + 1), shown, turn)
  }

  #lookAt(definition: AnyDefinition, id: string): Look {
    const { store, replicas } = this.#cluster
    const shard = this.#runtime.shardOf(definition.kind, id)
    const name = `${definition.kind}/${id}`
    const sight = (value: unknown): Sight => ({ value, seen: seenDots(store.actor(shard, name)) })
    return shown => {
      if (!replicas.serves(shard)) return 'elsewhere'
      const beyond = shown.minus(store.context(shard))
      if (!beyond.isEmpty() && !seenDots(store.actor(shard, name)).covers(beyond)) return 'elsewhere'
      const plain = this.#runtime.plain(definition, id)
      if (!(plain instanceof Promise)) return sight(plain)
      // What has come while it was read is counted as seen: that can only make another place wait for it.
      return plain.then(value => (store.hosts(shard) ? sight(value) : 'elsewhere'))
    }
  }
}
