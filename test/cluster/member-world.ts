/**
 * A cluster of memberships and link supervisors over a small virtual network: one seed, one order of events, no real time.
 *
 * Smaller and harsher than the simulator of src/simulation: single records are lost although the link stays, and a process can
 * be stopped with its links open. What a node receives while it is stopped waits for it, as in a socket, behind its late timers.
 */
import type { shoal } from '#proto/generated/peer.js'
import { newIncarnation } from '../../src/cluster/identity.ts'
import { LinkSupervisor } from '../../src/cluster/link-supervisor.ts'
import type { MemberRecord, RememberedMember } from '../../src/cluster/member-record.ts'
import { declarationOf } from '../../src/cluster/member-seal.ts'
import {
  ackFrom,
  helloFrom,
  pingFrom,
  pingRequestFrom,
  tableHashFrom,
  twinFrom
} from '../../src/cluster/member-wire.ts'
import { Membership, type MembershipDeps, type Refutation } from '../../src/cluster/membership.ts'
import type { MembershipOptions } from '../../src/cluster/membership-options.ts'
import type { Clock, Timer } from '../../src/ports/clock.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import type { PeerId } from '../../src/ports/network.ts'
import type { Random } from '../../src/ports/random.ts'
import { isSimulatedSignature, simulatedSignature } from '../../src/simulation/signature.ts'

export function seededRandom(seed: number): Random {
  let state = (seed ^ 0x9e3779b9) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { next, below, bytes: length => Uint8Array.from({ length }, () => below(256)) }
}

interface Event {
  readonly atMs: number
  readonly order: number
  readonly node: WorldNode | undefined
  readonly kind: 'timer' | 'arrival'
  readonly run: () => void
  isCancelled: boolean
}

export interface WorldOptions {
  readonly lossProbability?: number
  readonly latencyMsMax?: number
  /** Of the nodes that `formed` makes. */
  readonly membership?: MembershipOptions
}

export class World {
  readonly random: Random
  readonly seed: number
  nowMs = 0
  readonly nodes: WorldNode[] = []
  readonly links = new Map<string, Link>()
  lossProbability: number
  /** `true`: these two cannot reach each other now. */
  isCut: (a: PeerId, b: PeerId) => boolean = () => false
  /** `true`: records between these two vanish, though the link stays. */
  isBlackHole: (a: PeerId, b: PeerId) => boolean = () => false
  readonly #latencyMsMax: number
  #queue: Event[] = []
  #order = 0
  #hasPromises = false

  constructor(seed: number, options: WorldOptions = {}) {
    this.seed = seed
    this.random = seededRandom(seed)
    this.lossProbability = options.lossProbability ?? 0
    this.#latencyMsMax = options.latencyMsMax ?? 3
  }

  add(name: string, bootstrap: readonly string[] = [], options: MembershipOptions = {}): WorldNode {
    const node = new WorldNode(this, name, bootstrap, options)
    this.nodes.push(node)
    return node
  }

  schedule(delayMs: number, node: WorldNode | undefined, kind: Event['kind'], run: () => void): Timer {
    const event: Event = { atMs: this.nowMs + delayMs, order: this.#order++, node, kind, run, isCancelled: false }
    this.#push(event)
    return {
      cancel() {
        event.isCancelled = true
      }
    }
  }

  /** A promise was settled: its reactions must run before the next event. */
  settle(): void {
    this.#hasPromises = true
  }

  latencyMs(): number {
    const isSpike = this.random.next() < 0.002
    return 0.05 + this.random.next() * this.#latencyMsMax + (isSpike ? this.random.next() * 100 : 0)
  }

  async run(forMs: number, until: () => boolean = () => false): Promise<number> {
    const startMs = this.nowMs
    const endMs = startMs + forMs
    for (;;) {
      if (this.#hasPromises) await this.#react()
      if (until()) break
      const event = this.#pop(endMs)
      if (event === undefined) {
        this.nowMs = endMs
        break
      }
      this.nowMs = Math.max(this.nowMs, event.atMs)
      this.#dispatch(event)
    }
    return this.nowMs - startMs
  }

  async #react(): Promise<void> {
    this.#hasPromises = false
    for (let turn = 0; turn < 4; turn += 1) await undefined
  }

  requeue(events: Event[]): void {
    for (const { node, kind, run } of events) this.schedule(0, node, kind, run)
  }

  /** Makes the network obey `isCut` now: links that it forbids end on both sides. */
  cut(isCut: (a: PeerId, b: PeerId) => boolean): void {
    this.isCut = isCut
    for (const link of [...this.links.values()]) if (isCut(link.a.id, link.b.id)) link.end(1)
  }

  heal(): void {
    this.isCut = () => false
    this.isBlackHole = () => false
  }

  link(dialler: WorldNode, target: WorldNode): void {
    const pair = pairOf(dialler.id, target.id)
    this.links.set(pair, new Link(this, dialler, target))
    dialler.linked(target.id)
    this.schedule(this.latencyMs(), target, 'arrival', () => {
      if (this.links.has(pair)) target.linked(dialler.id)
    })
  }

  #dispatch(event: Event): void {
    if (event.isCancelled || event.node?.isDead) return
    if (event.node?.isStopped) event.node.backlog.push(event)
    else event.run()
  }

  #push(event: Event): void {
    const queue = this.#queue
    let at = queue.push(event) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = queue[above] as Event
      if (isBefore(parent, event)) break
      queue[at] = parent
      at = above
    }
    queue[at] = event
  }

  #pop(endMs: number): Event | undefined {
    const queue = this.#queue
    const first = queue[0]
    if (first === undefined || first.atMs > endMs) return undefined
    const last = queue.pop() as Event
    if (queue.length === 0) return first
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= queue.length) break
      if (below + 1 < queue.length && isBefore(queue[below + 1] as Event, queue[below] as Event)) below += 1
      if (isBefore(last, queue[below] as Event)) break
      queue[at] = queue[below] as Event
      at = below
    }
    queue[at] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

class Link {
  readonly world: World
  readonly a: WorldNode
  readonly b: WorldNode
  isUp = true
  readonly #clearMs = new Map<WorldNode, number>()

  constructor(world: World, a: WorldNode, b: WorldNode) {
    this.world = world
    this.a = a
    this.b = b
  }

  carry(to: WorldNode, control: shoal.peer.IControl): void {
    const from = to === this.a ? this.b : this.a
    const { world } = this
    if (world.random.next() < world.lossProbability || world.isBlackHole(from.id, to.id)) return
    const atMs = Math.max(world.nowMs + world.latencyMs(), this.#clearMs.get(to) ?? 0)
    this.#clearMs.set(to, atMs)
    world.schedule(atMs - world.nowMs, to, 'arrival', () => {
      if (this.isUp) to.receive(from.id, control)
    })
  }

  end(delayMs: number): void {
    if (!this.isUp) return
    this.isUp = false
    this.world.links.delete(pairOf(this.a.id, this.b.id))
    for (const [node, other] of [[this.a, this.b] as const, [this.b, this.a] as const]) {
      this.world.schedule(delayMs, node, 'arrival', () => node.unlinked(other.id))
    }
  }
}

function pairOf(a: PeerId, b: PeerId): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}

/** One machine: it keeps its id, its address and what it remembers; its process comes and goes. */
export class WorldNode {
  readonly id: PeerId
  address: string
  readonly backlog: Event[] = []
  isDead = true
  isStopped = false
  membership: Membership
  supervisor: LinkSupervisor
  remembered: RememberedMember[] = []
  /** Greetings and answers that told of several members. */
  tablesHeard = 0
  readonly refuted: Refutation[] = []
  readonly impostors: MemberRecord[] = []
  /** Links that membership itself ended. */
  readonly unlinkings: { readonly peer: PeerId; readonly why: string; readonly atMs: number }[] = []
  /** Deaths that this node came to believe in, in its present life. */
  readonly deaths: { readonly id: PeerId; readonly atMs: number }[] = []
  readonly #world: World
  readonly #bootstrap: readonly string[]
  readonly #options: MembershipOptions
  #incarnation = ''
  #life: { isOver: boolean } = { isOver: true }

  constructor(world: World, name: string, bootstrap: readonly string[], options: MembershipOptions) {
    this.#world = world
    this.id = name
    this.address = `/node/${name}`
    this.#bootstrap = bootstrap
    this.#options = options
    this.membership = this.#makeMembership()
    this.supervisor = this.#makeSupervisor()
  }

  start(): void {
    this.isDead = false
    this.isStopped = false
    this.#life = { isOver: false }
    this.deaths.length = 0
    this.membership = this.#makeMembership()
    this.membership.onChange(({ after }) => {
      if (after.status === 'dead') this.deaths.push({ id: after.id, atMs: this.#world.nowMs })
    })
    this.membership.onRefuted(refutation => this.refuted.push(refutation))
    this.supervisor = this.#makeSupervisor()
    this.membership.start()
    this.supervisor.start()
  }

  /** Up, and reachable, with nothing of it started yet. */
  startLate(): void {
    this.isDead = false
    this.#life = { isOver: false }
    this.membership = this.#makeMembership()
    this.supervisor = this.#makeSupervisor()
  }

  /** SIGKILL: its links close a little later. */
  kill(): void {
    this.#life.isOver = true
    this.isDead = true
    this.backlog.length = 0
    for (const link of this.#links()) link.end(15 + this.#world.random.next() * 15)
  }

  /** SIGSTOP: its links stay. */
  freeze(): void {
    this.isStopped = true
  }

  resume(): void {
    this.isStopped = false
    const waiting = this.backlog.splice(0)
    const timers = waiting.filter(event => event.kind === 'timer').sort((a, b) => a.atMs - b.atMs || a.order - b.order)
    this.#world.requeue([...timers, ...waiting.filter(event => event.kind === 'arrival')])
  }

  status(id: PeerId): string | undefined {
    return this.membership.member(id)?.status
  }

  linkedWith(id: PeerId): boolean {
    return this.#world.links.has(pairOf(this.id, id))
  }

  receive(from: PeerId, control: shoal.peer.IControl): void {
    const { membership } = this
    if ((control.hello?.members?.length ?? 0) > 1) this.tablesHeard++
    if (control.hello) membership.receiveHello(from, helloFrom(control.hello), tableHashFrom(control.hello))
    const twin = control.hello ? twinFrom(control.hello) : undefined
    if (twin !== undefined) membership.receiveTwin(from, twin)
    if (control.ping) {
      const { number, news, wallMs } = pingFrom(control.ping)
      membership.receivePing(from, number, news, wallMs)
    }
    if (control.ack) {
      const { number, news, wallMs } = ackFrom(control.ack)
      membership.receiveAck(from, number, news, wallMs)
    }
    if (control.nack) membership.receiveNack(from, control.nack.number ?? 0)
    if (control.pingRequest) {
      const { number, target, news } = pingRequestFrom(control.pingRequest)
      membership.receivePingRequest(from, number, target, news)
    }
  }

  linked(peer: PeerId): void {
    this.membership.linked(peer)
    this.supervisor.linked(peer)
  }

  unlinked(peer: PeerId): void {
    if (this.linkedWith(peer)) return
    this.membership.unlinked(peer)
    this.supervisor.unlinked(peer)
  }

  #links(): Link[] {
    return [...this.#world.links.values()].filter(link => link.a === this || link.b === this)
  }

  #clock(): Clock {
    const world = this.#world
    const life = this.#life
    const guarded = (task: () => void) => () => {
      if (!life.isOver) task()
    }
    return {
      now: () => 1_767_225_600_000 + Math.floor(world.nowMs),
      elapsed: () => world.nowMs,
      after: (delayMs, task) => world.schedule(delayMs, this, 'timer', guarded(task)),
      soon: task => {
        world.schedule(0, this, 'timer', guarded(task))
      }
    }
  }

  #makeMembership(): Membership {
    const clock = this.#clock()
    this.#incarnation = newIncarnation(clock, this.#world.random, this.#incarnation)
    const deps: MembershipDeps = {
      clock,
      random: this.#world.random,
      logger: silentLogger,
      metrics: noMetrics,
      self: {
        id: this.id,
        name: this.id,
        region: 'eu',
        zone: 'eu',
        incarnation: this.#incarnation,
        addresses: () => [this.address]
      },
      send: (peer, control) => this.#send(peer, control),
      isLinked: peer => this.linkedWith(peer),
      sign: bytes => simulatedSignature(this.id, bytes),
      isSignedBy: isSimulatedSignature,
      remembered: this.remembered,
      remember: records => {
        this.remembered = records
      },
      impostor: record => {
        this.impostors.push(record)
      },
      unlink: (peer, why) => {
        this.unlinkings.push({ peer, why, atMs: this.#world.nowMs })
        this.#world.links.get(pairOf(this.id, peer))?.end(1)
      }
    }
    return new Membership(deps, this.#options)
  }

  #makeSupervisor(): LinkSupervisor {
    return new LinkSupervisor({
      clock: this.#clock(),
      random: this.#world.random,
      logger: silentLogger,
      network: {
        self: this.id,
        dial: addresses => this.#dial(addresses),
        links: () => this.#links().map(link => (link.a === this ? link.b.id : link.a.id))
      },
      members: () => this.membership.records(),
      bootstrap: this.#bootstrap,
      remembered: []
    })
  }

  #send(peer: PeerId, control: shoal.peer.IControl): boolean {
    const link = this.#world.links.get(pairOf(this.id, peer))
    if (link === undefined || this.isDead) return false
    link.carry(link.a === this ? link.b : link.a, control)
    return true
  }

  #dial(addresses: readonly string[]): Promise<PeerId> {
    const world = this.#world
    const { promise, resolve, reject } = Promise.withResolvers<PeerId>()
    const target = world.nodes.find(node => addresses.includes(node.address))
    const answer = (run: () => void) => {
      world.settle()
      run()
    }
    const fail = () => answer(() => reject(new ShoalError('SHOAL_DIAL_FAILED', 'nobody there', { retryable: true })))
    const succeed = () => {
      if (target === undefined || target.isDead || target.isStopped || world.isCut(this.id, target.id)) return fail()
      const pair = pairOf(this.id, target.id)
      if (target !== this && !world.links.has(pair)) world.link(this, target)
      return answer(() => resolve(target.id))
    }
    world.schedule(4 + 2 * world.latencyMs(), this, 'arrival', succeed)
    return promise
  }
}

/** As the member itself would say it. */
export function signed<R extends MemberRecord>(record: R): R {
  return { ...record, signature: simulatedSignature(record.id, declarationOf(record)) }
}

/** Ids that this node's view holds, in order, as one text. */
export function viewOf(node: WorldNode): string {
  return node.membership.alive().join(' ')
}

/** A cluster in which each node knows one earlier one, started together and left alone until all see all. */
export async function formed(seed: number, size: number, options: WorldOptions = {}): Promise<World> {
  const world = new World(seed, options)
  for (let number = 0; number < size; number += 1) {
    const known = number === 0 ? [] : [`/node/n${10 + world.random.below(number)}`]
    world.add(`n${10 + number}`, known, options.membership)
  }
  for (const node of world.nodes) node.start()
  await world.run(10_000, () => isWhole(world))
  await world.run(3000)
  return world
}

/** Every living node holds exactly the living for present. */
export function isWhole(world: World): boolean {
  const living = world.nodes.filter(node => !node.isDead && !node.isStopped)
  const truth = living
    .map(node => node.id)
    .sort()
    .join(' ')
  return living.every(
    node => viewOf(node) === truth && node.membership.records().every(record => record.status !== 'suspect')
  )
}
