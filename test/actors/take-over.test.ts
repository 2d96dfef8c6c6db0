/** Take-over of an ended life's rights: what other members answer decides, and each of them must. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RightsChannel } from '../../src/actors/rights/rights-channel.ts'
import { TakeOver } from '../../src/actors/rights/take-over.ts'
import type { ActorRuntime } from '../../src/actors/running/runtime.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import type { Calls } from '../../src/cluster/wire.ts'
import { rightsOf } from '../../src/crdt/bounded-counter.ts'
import { boundedCounterAt } from '../../src/crdt/bounded-counter-access.ts'
import {
  type ActorState,
  boundedCounter,
  CausalContext,
  decodeDelta,
  emptyState,
  encodeState,
  joinStates,
  Replica,
  Transaction
} from '../../src/crdt/index.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'

const self = 'this-node'
const origin = `${self}.3`
const schema = { left: boundedCounter() }

/** What lives of this node wrote, one after the other. */
function written(...changes: [life: number, add: number, spend: number][]): ActorState {
  let saved: Uint8Array | undefined
  for (const [life, add, spend] of changes) {
    const options = { origin: `${self}.${life}` }
    const replica = saved === undefined ? new Replica(schema, options) : Replica.load(schema, saved, options)
    replica.change(({ left }) => {
      left.add(add)
      left.subtract(spend)
    })
    saved = replica.save()
  }
  return saved === undefined ? emptyState : decodeDelta(saved).state
}

interface Peers {
  /** What each answers; `undefined` where it does not. */
  readonly [peer: string]: { readonly rows?: ActorState | Uint8Array; readonly knows?: string; readonly isDown?: true }
}

/** Answers the rights that this life has afterwards, and which peers were asked. */
async function takeOver(
  state: ActorState,
  peers: Peers,
  { isSettled = true, isOverloaded = false } = {}
): Promise<{ rights: number; asked: string[] }> {
  const admitted = [self, ...Object.keys(peers)]
  const present = admitted.filter(peer => peers[peer]?.isDown !== true)
  const asked: string[] = []
  let current = state
  let seq = 100
  const timers: (() => void)[] = []
  const clock = { after: (_ms: number, task: () => void) => ({ cancel: () => {}, at: timers.push(task) }) }
  const cluster = {
    incarnation: '3',
    store: { origin, actor: () => ({ state: current }) },
    ownership: { isSettled },
    membership: {
      admitted: () => admitted,
      alive: () => present,
      merge: (members: readonly { id: string }[]) => admitted.push(...members.map(({ id }) => id))
    },
    sendCalls(peer: string, message: Calls) {
      asked.push(peer)
      const known = peers[peer]
      if (known?.isDown === true) return false
      if (known?.rows === undefined) queueMicrotask(() => fireAll(timers))
      else {
        const member = { id: known.knows ?? peer, name: 'n', region: 'r', incarnation: '0'.repeat(22), addresses: [] }
        const rows = known.rows instanceof Uint8Array ? known.rows : encodeState(known.rows)
        const reply = { ...message.rowsRequest, rows, members: [member] }
        queueMicrotask(() => channel.receive(peer, { rowsReply: reply }))
      }
      return true
    }
  }
  const runtime = {
    async between<T>(_shard: number, _actor: string, change: (transaction: Transaction) => T): Promise<T> {
      if (isOverloaded) throw new ShoalError('SHOAL_OVERLOADED', 'too many wait', { retryable: true })
      const transaction = new Transaction({
        state: current,
        covers: CausalContext.empty,
        origin,
        nextDot: () => ({ origin, seq: seq++ }),
        now: () => 0,
        clientId: () => 1
      })
      const result = change(transaction)
      current = transaction.state
      return result
    }
  }
  const parts = { cluster: cluster as unknown as Cluster, runtime: runtime as unknown as ActorRuntime }
  const channel: RightsChannel = new RightsChannel(parts.cluster, clock as unknown as Clock)
  const subject = new TakeOver({ ...parts, channel, self, logger: silentLogger, metrics: noMetrics })
  const rightsBefore = rightsOf(boundedCounterAt(current, 'left'), origin)
  const hasMore = await subject.run(0, 'stock/tea', 'left', 1000)
  const rights = rightsOf(boundedCounterAt(current, 'left'), origin)
  assert.equal(hasMore, rights > rightsBefore)
  return { rights, asked }
}

function fireAll(timers: readonly (() => void)[]): void {
  for (const fire of timers) fire()
}

const ended = written([1, 10, 3])

test('rights of an ended life are taken over when all members have said that they know nothing newer', async () => {
  assert.deepEqual(await takeOver(ended, { a: { rows: ended }, b: { rows: emptyState } }), {
    rights: 7,
    asked: ['a', 'b']
  })
})

test('also of several lives at once', async () => {
  const both = written([1, 10, 3], [2, 5, 1])
  assert.equal((await takeOver(both, { a: { rows: both } })).rights, 11)
})

test('a node that is alone asks nobody', async () => {
  assert.deepEqual(await takeOver(ended, {}), { rights: 7, asked: [] })
})

test('but not before it has looked for others', async () => {
  assert.equal((await takeOver(ended, {}, { isSettled: false })).rights, 0)
})

test('not while a member is down, or does not answer', async () => {
  assert.deepEqual(await takeOver(ended, { a: { rows: ended }, b: { isDown: true } }), { rights: 0, asked: [] })
  assert.equal((await takeOver(ended, { a: { rows: ended }, b: {} })).rights, 0)
})

test('not where a member cannot tell what it has, or answers what makes no sense', async () => {
  for (const rows of [new Uint8Array(0), Uint8Array.of(2, 200, 1)])
    assert.deepEqual(await takeOver(ended, { a: { rows }, b: { rows: ended } }), { rights: 0, asked: ['a', 'b'] })
})

test('not while the actor has too many messages waiting', async () => {
  assert.equal((await takeOver(ended, { a: { rows: ended } }, { isOverloaded: true })).rights, 0)
})

test('not where a member has a newer row, of that life or of another', async () => {
  const newer = written([1, 10, 3], [1, 0, 2])
  assert.equal((await takeOver(ended, { a: { rows: newer } })).rights, 0)
  const later = joinStates(ended, CausalContext.empty, written([2, 1, 0]), CausalContext.empty)
  assert.equal((await takeOver(ended, { a: { rows: later } })).rights, 0)
})

test('not by a life that is not the last', async () => {
  const later = joinStates(ended, CausalContext.empty, written([4, 1, 0]), CausalContext.empty)
  assert.deepEqual(await takeOver(later, { a: { rows: later } }), { rights: 0, asked: [] })
})

test('not while a member that only others know of has not been asked', async () => {
  assert.equal((await takeOver(ended, { a: { rows: ended, knows: 'c' } })).rights, 0)
})

test('where no ended life has rights nobody is asked', async () => {
  const spent = written([1, 10, 10])
  assert.deepEqual(await takeOver(spent, { a: { rows: spent } }), { rights: 0, asked: [] })
})
