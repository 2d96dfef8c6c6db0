/** Two stores and the catch-up between them, with the records in the hands of the test. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isShoalError } from 'shoal'
import { CatchUp, type CatchUpOptions } from '../../../src/cluster/catch-up.ts'
import type { WantedShard } from '../../../src/cluster/catch-up-sender.ts'
import type { MemberRecord } from '../../../src/cluster/member-record.ts'
import type { ShardStoreOptions } from '../../../src/cluster/shard-store.ts'
import type { TableState } from '../../../src/cluster/table-hash.ts'
import { type Bulk, decodeBulk, encodeBulk } from '../../../src/cluster/wire.ts'
import { decodeFragments, type FragmentEntry } from '../../../src/crdt/fragments.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'
import { Replica, settle } from './replica.ts'

/** Lets a record pass, or loses it. */
export type Wire = (record: ReturnType<typeof decodeBulk>, from: string) => boolean

export class Party {
  readonly replica: Replica
  readonly catchUp: CatchUp
  readonly asked: WantedShard[] = []
  readonly sent: ReturnType<typeof decodeBulk>[] = []
  /** Senders of malformed records. */
  readonly refused: string[] = []
  seal: (members: readonly MemberRecord[]) => Promise<void> = async () => {}
  isSound: (shard: number) => boolean = () => true
  /** What others said of the members. */
  readonly told: MemberRecord[] = []
  table: () => TableState = () => ({ hash: new Uint8Array(8), isLarge: false })
  peers = new Map<string, Party>()

  constructor(replica: Replica, name: string, wire: { pass: Wire }, options: CatchUpOptions = {}) {
    this.replica = replica
    const { disk, clock } = replica.ports
    const send = (peer: string, message: Bulk) => {
      const other = this.peers.get(peer)
      if (other === undefined) return false
      const record = decodeBulk(encodeBulk(message))
      this.sent.push(record)
      if (wire.pass(record, name)) clock.after(1, () => other.receive(name, record))
      return true
    }
    const events = {
      send,
      seal: (_peer: string, _shards: readonly number[], members: readonly MemberRecord[]) => this.seal(members),
      asked: (_peer: string, wanted: readonly WantedShard[]) => this.asked.push(...wanted),
      compared() {},
      isSound: (shard: number) => this.isSound(shard),
      told: (members: readonly MemberRecord[]) => this.told.push(...members),
      members: () => [member],
      table: () => this.table()
    }
    this.catchUp = new CatchUp(
      { store: replica.store, disk, clock, logger: silentLogger, metrics: noMetrics, events },
      options
    )
  }

  /** What is malformed ends the link, in a node; here it is noted. */
  receive(from: string, record: ReturnType<typeof decodeBulk>): void {
    try {
      this.catchUp.receive(from, record)
    } catch (error) {
      if (code(error) !== 'SHOAL_MALFORMED') throw error
      this.refused.push(from)
    }
  }

  /** A record that its peer never sent. */
  receiveForged(from: string, message: Bulk): void {
    this.catchUp.receive(from, decodeBulk(encodeBulk(message)))
  }

  get chunks() {
    return this.sent.flatMap(record => (record.chunk == null ? [] : [record.chunk]))
  }
}

const member: MemberRecord = {
  id: 'b',
  name: 'b',
  region: 'r',
  zone: 'r',
  incarnation: '0000000000000000000000',
  refutation: 0,
  status: 'alive',
  addresses: []
}

export async function pair(seed: number | string, options: CatchUpOptions = {}, storeOptions: ShardStoreOptions = {}) {
  const world = new SimulatedWorld({ seed })
  const wire = { pass: (() => true) as Wire }
  const a = new Party(await Replica.boot(world, 'a', 'a.1', storeOptions), 'a', wire, options)
  const b = new Party(await Replica.boot(world, 'b', 'b.1', storeOptions), 'b', wire, options)
  a.peers.set('b', b)
  b.peers.set('a', a)
  const pull = (to: Party, from: string, shards: readonly number[] = [0], how = {}) =>
    settle(world, to.catchUp.pull(from, shards, how))
  return { world, wire, a, b, pull }
}

export function assertEqual(a: Party, b: Party, message?: string): void {
  assert.deepEqual(a.replica.store.root(), b.replica.store.root(), message)
}

export function entriesOf({ body }: { body?: Uint8Array | null }): FragmentEntry[] {
  return body == null || body.length === 0 ? [] : decodeFragments(Uint8Array.from(body))
}

/** The actors in its chunks, up to this number. */
export function sentNames(party: Party, upTo = Number.POSITIVE_INFINITY): string[] {
  const chunks = party.chunks.filter(({ number }) => Number(number) <= upTo)
  return chunks.flatMap(entriesOf).flatMap(entry => (entry.is === 'fragment' ? [entry.fragment.name] : []))
}

export function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

export async function fill(party: Party, count: number, bytes = 1000): Promise<void> {
  for (let i = 0; i < count; i++) party.replica.write(`thing/${i}`, view => view.tags.add(`${i}`.padEnd(bytes, '.')))
  await party.replica.save()
}

/** What one of two does, and what becomes of it. */
export const step = {
  by: fc.constantFrom('a', 'b'),
  what: fc.constantFrom('add', 'remove', 'count', 'type'),
  value: fc.integer({ min: 0, max: 3 })
}

type Step = { readonly [K in keyof typeof step]: (typeof step)[K] extends fc.Arbitrary<infer T> ? T : never }

/** Writes and saves it. A push, a pull or a stream that breaks off comes next, or nothing that this knows. */
export async function take(
  { a, b, pull, wire }: Pick<Awaited<ReturnType<typeof pair>>, 'a' | 'b' | 'pull' | 'wire'>,
  { by, actor, what, value, next }: Step & { readonly actor: string; readonly next: string }
): Promise<{ here: Party; there: Party }> {
  const [here, there] = by === 'a' ? [a, b] : [b, a]
  const before = here.replica.commits.length
  here.replica.write(actor, view => {
    if (what === 'add') view.tags.add(`${value}`)
    else if (what === 'remove') view.tags.remove(`${value}`)
    else if (what === 'count') view.sum.add(1 + value)
    else view.page.insert(0, `${value}`)
  })
  await here.replica.save()
  if (next === 'push') here.replica.pushTo(there.replica, ...here.replica.commits.slice(before))
  if (next === 'pull') await pull(there, by)
  if (next === 'break off') {
    wire.pass = record => record.chunk?.last !== true
    await pull(there, by).catch(() => {})
    wire.pass = () => true
  }
  return { here, there }
}
