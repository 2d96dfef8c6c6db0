/** What nodes say to each other: batches, pushes, and the records of the other channels, read as their receivers read them. */
import { shoal } from '#proto/generated/peer.js'
import { newIncarnation } from '../../../src/cluster/identity.ts'
import {
  ackFrom,
  helloFrom,
  memberLimits,
  membersFrom,
  pingFrom,
  pingRequestFrom,
  viewFrom
} from '../../../src/cluster/member-wire.ts'
import { rangeAnswerFrom } from '../../../src/cluster/range-compare.ts'
import {
  actorName,
  decodeBulk,
  decodeCalls,
  decodeControl,
  decodePush,
  readPush,
  safe,
  shardNumber
} from '../../../src/cluster/wire.ts'
import { decodeFragments, FragmentWriter } from '../../../src/crdt/fragments.ts'
import {
  type Batch,
  type BatchUpdate,
  CausalContext,
  decodeBatch,
  decodeDelta,
  emptyState,
  encodeBatch,
  flag,
  Replica
} from '../../../src/crdt/index.ts'
import { shortened } from '../../../src/crdt/short-context.ts'
import type { Clock } from '../../../src/ports/clock.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { Target } from '../support/check.ts'
import { histories, unique } from './states.ts'

const shards = 16

// ---- batches -----------------------------------------------------------------------------------------------------------------

/** The updates of each replica of a history, as its node would push them. */
function batches(): Batch[] {
  const specs = ['orSet', 'lww', 'pnCounter', 'notes', { map: 'mv' }, { map: { map: 'pnCounter' } }] as const
  return histories(specs, 12).flatMap(({ replicas, batches }) =>
    replicas.map(({ origin }): Batch => {
      const updates = new Map<string, BatchUpdate>()
      for (const { actor, seqs, bytes } of batches) {
        if (seqs.intervals(origin).length === 0) continue
        const name = `cart/${'actor'.repeat(actor * 3)}${seqs.next(origin) % 5}`
        const shard = actor * 3
        updates.set(`${shard}/${name}`, {
          shard,
          name,
          seqs,
          after: Math.max(0, seqs.next(origin) - 3),
          delta: decodeDelta(bytes)
        })
        if (actor === 1)
          updates.set(`${shard}/cart/r`, {
            shard,
            name: 'cart/r',
            seqs: CausalContext.empty,
            after: 0,
            delta: decodeDelta(bytes)
          })
      }
      return { origin, updates: [...updates.values()] }
    })
  )
}

/** Many names that share as much as they may, with as little else as there can be. */
function manyNames(): Batch {
  const replica = new Replica({ f: flag() }, { origin: 'o' })
  const updates = Array.from({ length: 400 }, (_, i): BatchUpdate => {
    const delta = decodeDelta(replica.change(({ f }) => f.enable()) ?? new Uint8Array(0))
    const name = `cart/${'x'.repeat(57)}${String.fromCharCode(0x21 + i / 90, 0x21 + (i % 90))}`
    return { shard: 0, name, seqs: CausalContext.empty.with('o', i + 1), after: i >> 1, delta }
  })
  return { origin: 'o', updates }
}

/** Updates are bounded in number, and a small one is some objects more than it has bytes. */
const batchAllowance = 1024 * 650

export const batch: Target = {
  decode: decodeBatch,
  heapAllowance: batchAllowance,
  encode: value => encodeBatch(value as Batch),
  use(value) {
    for (const { delta, seqs } of (value as Batch).updates) {
      if (!delta.context.covers(seqs)) throw new Error('an update that does not cover its seqs')
    }
  },
  seeds: () => unique([manyNames(), ...batches()].map(encodeBatch))
}

// ---- records -----------------------------------------------------------------------------------------------------------------

const { Bulk, Calls, Control, Push } = shoal.peer

const member: shoal.peer.IMember = {
  id: '12D3KooWexample',
  name: 'a',
  region: 'local',
  incarnation: newIncarnation({ now: () => 1e12 } as Clock, new SeededRandom(1)),
  refutation: 3,
  status: 1,
  addresses: ['/ip4/127.0.0.1/tcp/1', '/memory/2']
}
const members = [member, { ...member, id: 'b', addresses: [] }]

/** Members whose records are as short as can be: each is an object with a list. */
const bareMembers = Array.from({ length: 400 }, () => ({}))

/** Embedded messages are bounded in number by their bytes, and an empty one is an object with a list. */
const partsAllowance = 1024 * 256

/** As a push has it: what has no seqs has no state. */
function vouching({ origin, updates }: Batch): Batch {
  const isVouched = ({ seqs }: BatchUpdate) => seqs.isEmpty()
  return {
    origin,
    updates: updates.map(update =>
      isVouched(update) ? { ...update, delta: { state: emptyState, context: update.delta.context } } : update
    )
  }
}

export const push: Target = {
  decode: bytes => readPush(decodePush(bytes), shards),
  heapAllowance: batchAllowance,
  seeds: () =>
    [manyNames(), ...batches()]
      .map(vouching)
      .map(each => Push.encode({ number: 7, wantsStored: true, batch: encodeBatch(each), publication: 3 }).finish())
}

export const control: Target = {
  heapAllowance: partsAllowance,
  decode(bytes) {
    const message = decodeControl(bytes)
    const { hello, ping, ack, pingRequest, stored, pushWanted } = message
    const read = [
      hello && helloFrom(hello),
      ping && pingFrom(ping),
      ack && ackFrom(ack),
      pingRequest && pingRequestFrom(pingRequest),
      stored?.pushes?.map(safe),
      pushWanted?.publications?.map(safe)
    ]
    return stored || pushWanted ? read : [message, read]
  },
  seeds: () =>
    [
      { hello: { members, settled: true } },
      { hello: { members: bareMembers } },
      { ping: { number: 1, news: members } },
      { ack: { number: 1, news: members } },
      { pingRequest: { number: 1, target: 'b', news: members } },
      { beacon: { root: new Uint8Array(16) } },
      { shardHashes: { shards: [...Array(16).keys()], hashes: new Uint8Array(128) } },
      { stored: { pushes: [1, 2, 300], origin: 'a.1' } },
      { pushWanted: { publications: [1, 2, 300] } },
      { stored: { pushes: Array.from({ length: 1000 }, (_, i) => i % 100) } },
      { flush: { number: 1, shards: [...Array(16).keys()], hashes: new Uint8Array(128) } },
      { flushed: { number: 1 } }
    ].map(message => Control.encode(message).finish())
}

export const bulk: Target = {
  heapAllowance: batchAllowance + partsAllowance,
  decode(bytes) {
    const message = decodeBulk(bytes)
    const { catchUp, chunk, end, rangeAnswer } = message
    const shardStates = catchUp?.shards?.map(({ shard, actors }) => [
      shardNumber(shard, shards),
      actors?.map(actorName)
    ])
    const bodies = [catchUp?.contexts, chunk?.body].map(
      body => body && body.length > 0 && decodeFragments(Uint8Array.from(body))
    )
    const ranges = rangeAnswer && rangeAnswerFrom(rangeAnswer)
    const named = [catchUp, chunk, end].map(each => each && membersFrom(each.members, memberLimits.helloMembers))
    return [message, shardStates, bodies, ranges, named]
  },
  seeds: () => {
    const context = CausalContext.empty.with('a', 1, 3).with('b', 7)
    const request = new FragmentWriter()
    request.shard(1)
    request.context(context)
    request.cursor({ origin: 'a', seq: 2 })
    const sums = { cuts: ['cart/b'], sums: new Uint8Array(16) }
    return [
      {
        catchUp: {
          session: 1,
          shards: [{ shard: 1, everything: true, hash: new Uint8Array(8), actors: ['cart/a'] }],
          claim: true,
          members,
          table: new Uint8Array(8),
          contexts: request.finish()
        }
      },
      { catchUp: { session: 1, shards: Array.from({ length: 400 }, () => ({})) } },
      { chunk: { session: 1, number: 2, body: bodyOf(context), last: true, members, refused: [1], compare: [2] } },
      { rangeQuery: { session: 1, shard: 1, ranges: [{ from: '', to: 'cart/x' }], mutual: true } },
      { rangeAnswer: { session: 1, context: context.encode(), floor: context.encode(), ranges: [sums] } },
      { rangeAnswer: { session: 1, ranges: Array.from({ length: 400 }, () => ({})) } },
      { chunkTaken: { session: 1, number: 2 } },
      { end: { session: 1, reason: 'over', members } }
    ].map(message => Bulk.encode(message).finish())
  }
}

/** Fragments of the states of all replicas of some histories. */
function bodyOf(context: CausalContext): Uint8Array {
  const body = new FragmentWriter()
  body.shard(1)
  body.context(context)
  body.short(shortened(context))
  body.setHash(new Uint8Array(16).fill(3))
  body.floor(context)
  const specs = ['orSet', 'lww', 'pnCounter', 'notes', { map: 'mv' }] as const
  for (const { replicas } of histories(specs, 4)) {
    for (const replica of replicas) {
      const { state } = replica.actor(0)
      const seen = replica.context
      const positions = seen.origins().map(origin => ({ origin, seq: seen.next(origin) - 1 }))
      const name = `cart/${body.entries}`
      body.fragment({ name, state, positions, held: CausalContext.empty, extra: CausalContext.empty })
      body.fragment({ name: `${name}x`, state, positions, held: context, extra: context })
    }
  }
  body.absent('cart/gone')
  body.cursor({ origin: 'a', seq: 3 })
  body.reached('cart/z')
  body.complete()
  return body.finish()
}

export const calls: Target = {
  heapAllowance: partsAllowance,
  decode(bytes) {
    const message = decodeCalls(bytes)
    const { call, reply } = message
    if (call)
      return [message, actorName(call.actor), membersFrom(call.members, memberLimits.helloMembers), safe(call.number)]
    if (reply) {
      const view = viewFrom(reply.moved?.view)
      return [message, safe(reply.number), membersFrom(reply.moved?.members, memberLimits.helloMembers), view]
    }
    return message
  },
  seeds: () => {
    const argument = new TextEncoder().encode('{"amount":1}')
    const call = {
      number: 1,
      actor: 'cart/a',
      method: 'add',
      argument,
      session: 'a.1',
      request: 2,
      lowWater: 1,
      deadlineMs: 500
    }
    return [
      { call },
      { call: { ...call, force: true, acknowledge: 2, members, unanswered: ['a', 'b'] } },
      { call: { ...call, members: bareMembers } },
      { reply: { number: 1, result: argument } },
      { reply: { number: 1, failure: { code: 'NO', message: 'no', retryable: true, refusal: true } } },
      { reply: { number: 1, moved: { members, view: new Uint8Array(8) } } }
    ].map(message => Calls.encode(message).finish())
  }
}
