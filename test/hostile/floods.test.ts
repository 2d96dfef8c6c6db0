/**
 * Floods of every kind of record, from a member of the cluster: memory stays bounded, honest writes go on, and what is not
 * well-formed ends the link. `HOSTILE=name` runs one; a line says what each has cost, of which the time is this machine's.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
// First: it decides how the generated code reads integers.
import '../../src/cluster/plain-integers.ts'
import { shoal } from '#proto/generated/peer.js'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { originOf } from '../../src/cluster/identity.ts'
import { memberTo } from '../../src/cluster/member-wire.ts'
import { FragmentWriter } from '../../src/crdt/fragments.ts'
import { type ActorState, CausalContext, emptyState, encodeBatch } from '../../src/crdt/index.ts'
import { signed } from '../cluster/member-world.ts'
import { type Attack, type Attacker, besieged, bulk, calls, control } from './support/siege.ts'

interface Update {
  /** @default where it belongs */
  readonly shard?: number
  readonly name: string
  readonly seq: number
  readonly state?: ActorState
}

function push(origin: string, number: number, updates: readonly Update[], wantsStored = false): Uint8Array {
  const batch = encodeBatch({
    origin,
    updates: updates
      .map(
        ({
          name,
          seq,
          state = emptyState,
          shard = shardOf('counter', name.slice('counter/'.length), shards, 'test')
        }) => {
          const seqs = CausalContext.of([{ origin, seq }])
          return { shard, name, seqs, after: 0, delta: { state, context: seqs } }
        }
      )
      .sort((a, b) => a.shard - b.shard)
  })
  return shoal.peer.Push.encode({ number, wantsStored, batch }).finish()
}

const upTo = <T>(count: number, of: (number: number) => T): T[] =>
  Array.from({ length: count }, (_, number) => of(number))
const strangers = ({ record, incarnationOf }: Attacker, number: number, count: number) =>
  upTo(count, at => memberTo(signed({ ...record, id: `x${number}-${at}`, incarnation: incarnationOf(at) })))

const shards = 16
const allShards = upTo(shards, shard => shard)
/** Of all shards: nothing. */
const emptyContexts = contextsOf(allShards)

function contextsOf(named: readonly number[]): Uint8Array {
  const contexts = new FragmentWriter()
  for (const shard of named) {
    contexts.shard(shard)
    contexts.context(CausalContext.empty)
  }
  return contexts.finish()
}

const attacks: Readonly<Record<string, Attack>> = {
  'pings with news of strangers': {
    channel: 'control',
    next: (attacker, number) => control({ ping: { number, news: strangers(attacker, number, 64) } }),
    records: 100
  },
  'greetings with strangers': {
    channel: 'control',
    next: (attacker, number) => control({ hello: { members: strangers(attacker, number, 512) } }),
    records: 40
  },
  'greetings with hashes': {
    channel: 'control',
    next: (_, number) => control({ hello: { table: new Uint8Array(8).fill(number) } })
  },
  'requests to ping': {
    channel: 'control',
    next: (_, number) => control({ pingRequest: { number, target: number % 2 ? 'node-1' : `x${number}` } })
  },
  'answers that nobody asked for': {
    channel: 'control',
    next: (_, number) => control(number % 2 ? { ack: { number, wallMs: 1 } } : { nack: { number } })
  },
  beacons: { channel: 'control', next: (_, number) => control({ beacon: { root: new Uint8Array(16).fill(number) } }) },
  'hashes of all shards': {
    channel: 'control',
    next: (_, number) =>
      control({ shardHashes: { hashes: new Uint8Array(8 * shards).fill(number), shards: allShards } })
  },
  'pushes stored that were never sent': {
    channel: 'control',
    next: (_, number) => control({ stored: { pushes: upTo(10_000, at => number * 10_000 + at) } })
  },
  'publications wanted': {
    channel: 'control',
    next: (_, number) => control({ pushWanted: { publications: upTo(64, at => number * 64 + at) } })
  },
  'flushes without end': {
    channel: 'control',
    next: (_, number) =>
      control({ flush: { number, hashes: new Uint8Array(8 * shards).fill(number), shards: allShards } }),
    records: 2000
  },
  'updates under ever new lives of its own': {
    channel: 'push',
    isRefused: true,
    next: ({ id, incarnationOf }, number) =>
      push(originOf(id, incarnationOf(number)), 1, [{ name: 'counter/x', seq: 1 }])
  },
  'updates under the names of others': {
    channel: 'push',
    isRefused: true,
    next: ({ incarnationOf }, number) =>
      push(originOf(`x${number}`, incarnationOf(number)), 1, [{ name: 'counter/x', seq: 1 }])
  },
  'updates under the victim’s own name': {
    channel: 'push',
    isRefused: true,
    next: ({ victim }, number) => push(victim.origin, number + 1, [{ name: 'counter/x', seq: number + 1_000_000 }])
  },
  'updates to an actor outside its shard': {
    channel: 'push',
    isRefused: true,
    next: ({ origin }, number) =>
      push(origin, number + 1, [{ name: `counter/${number}`, shard: number % shards, seq: number + 1 }])
  },
  'updates to ever new actors': {
    channel: 'push',
    next: ({ origin }, number) =>
      push(
        origin,
        number + 1,
        upTo(500, at => ({ name: `counter/${number}-${at}`, seq: number * 500 + at + 1 }))
      ),
    records: 10
  },
  'updates with a gap before each': {
    channel: 'push',
    next: ({ origin }, number) => push(origin, number + 1, [{ name: 'counter/x', seq: 2 * number + 2 }])
  },
  'updates that are all to be confirmed': {
    channel: 'push',
    next: ({ origin }, number) => push(origin, number + 1, [{ name: 'counter/x', seq: number + 1 }], true)
  },
  'updates far in the future of an origin': {
    channel: 'push',
    next: ({ origin }, number) => push(origin, number + 1, [{ name: 'counter/x', seq: 2 ** 52 - 2 * number }])
  },
  'streams asked for and never read': {
    channel: 'bulk',
    readsNothing: true,
    next: (_, session) =>
      bulk({
        catchUp: {
          session: session + 1,
          shards: allShards.map(shard => ({ shard, everything: true })),
          contexts: emptyContexts
        }
      }),
    records: 2000
  },
  'claims to all shards': {
    channel: 'bulk',
    next: ({ record }, session) =>
      bulk({
        catchUp: {
          session: session + 1,
          claim: true,
          shards: allShards.map(shard => ({ shard })),
          contexts: emptyContexts,
          members: [memberTo(record)]
        }
      }),
    records: 2000
  },
  'chunks that nobody asked for': {
    channel: 'bulk',
    next: (_, session) => bulk({ chunk: { session: session + 1, number: 1, body: new Uint8Array(1000), last: true } })
  },
  'chunks taken and streams ended that never were': {
    channel: 'bulk',
    next: (_, session) =>
      bulk(session % 2 ? { chunkTaken: { session, number: 1 } } : { end: { session, reason: 'x'.repeat(100) } })
  },
  'questions about ranges': {
    channel: 'bulk',
    readsNothing: true,
    next: (_, session) =>
      bulk({
        rangeQuery: {
          compare: session + 1,
          session,
          shard: session % shards,
          ranges: upTo(32, at => ({ from: `counter/${at}`, to: '' })),
          mutual: true
        }
      }),
    records: 2000
  },
  'questions about prefixes': {
    channel: 'bulk',
    readsNothing: true,
    next: (_, number) =>
      bulk({ prefixQuery: { number, prefixes: allShards.map(shard => ({ shard, hash: new Uint8Array(8) })) } }),
    records: 2000
  },
  'calls to one exclusive actor': {
    channel: 'calls',
    readsNothing: true,
    next: ({ origin }, number) =>
      calls({
        call: {
          number: number + 1,
          actor: 'account/x',
          method: 'balance',
          session: origin,
          request: number + 1,
          deadlineMs: 60_000
        }
      })
  },
  'calls to ever new actors': {
    channel: 'calls',
    readsNothing: true,
    next: ({ origin }, number) =>
      calls({
        call: {
          number: number + 1,
          actor: `account/${number}`,
          method: 'deposit',
          argument: new TextEncoder().encode('{"amount":1}'),
          session: origin,
          request: number + 1,
          deadlineMs: 60_000,
          force: true
        }
      }),
    records: 3000
  },
  'replies to nothing': {
    channel: 'calls',
    next: (_, number) => calls({ reply: { number, result: new Uint8Array(100) } })
  },
  'requests for rights and rows': {
    channel: 'calls',
    readsNothing: true,
    next: ({ origin }, number) =>
      calls(
        number % 2
          ? { rightsRequest: { number, actor: `counter/${number}`, field: 'x', origin, amount: 1, deadlineMs: 60_000 } }
          : { rowsRequest: { number, actor: `counter/${number}`, field: 'x', origin } }
      ),
    records: 3000
  },
  'reads of many actors': {
    channel: 'calls',
    readsNothing: true,
    next: (_, number) => calls({ readRequest: { number, actor: `counter/${number}`, shard: number % shards } }),
    records: 3000
  }
}

const megabyte = 1024 * 1024
const only = process.env['HOSTILE']
/** `HOSTILE_SCALE=25` makes a million strangers of forty thousand. */
const scale = Number(process.env['HOSTILE_SCALE'] ?? 1)

function scaled(attack: Attack): Attack {
  const { records = 5000, bytes = 4 * megabyte } = attack
  return { ...attack, records: records * scale, bytes: bytes * scale }
}

for (const [name, attack] of Object.entries(attacks)) {
  if (only !== undefined && only !== name) continue
  test(`honest writes go on, and memory stays bounded, under a flood of ${name}`, async t => {
    const outcome = await besieged(scaled(attack), { shards })
    const { sentRecords, sentBytes, slowestWriteMs, busyMs, keptBytes, peakBytes, isCutOff } = outcome
    t.diagnostic(
      `${sentRecords} records, ${(sentBytes / megabyte).toFixed(1)} MB: ${busyMs.toFixed(0)} ms, ` +
        `slowest honest write ${slowestWriteMs.toFixed(0)} ms, heap +${(keptBytes / megabyte).toFixed(0)} MB after, ` +
        `+${(peakBytes / megabyte).toFixed(0)} MB at worst${isCutOff ? ', cut off' : ''}`
    )
    assert.deepEqual(outcome.restarted, [])
    assert.deepEqual(outcome.parted, [], 'the links among the honest stay')
    if (attack.isRefused === true) assert.ok(isCutOff, 'its link ends')
    assert.ok(slowestWriteMs < 5000, `an honest write took ${slowestWriteMs} ms to be seen`)
    assert.ok(keptBytes < 96 * megabyte, `${keptBytes} bytes are kept`)
  })
}
