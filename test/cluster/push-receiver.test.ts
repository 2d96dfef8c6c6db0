/** What is done with a push: which are taken, and which are confirmed, to whom, and not before they are on this disk. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { PushReceiver } from '../../src/cluster/push-receiver.ts'
import { type Control, encodePush } from '../../src/cluster/wire.ts'
import { CausalContext, emptyState, encodeBatch } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { Replica, settle } from './support/replica.ts'

const isMalformed = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_MALFORMED'

interface Sending {
  readonly number?: number
  readonly publication?: number
  readonly wantsStored?: boolean
  /** Updates that came to nothing before it reached the receiver. */
  readonly lost?: number
}

/** A receiver, and `a` and `b`, which write and whose pushes a test brings. */
async function receiving(t: TestContext | string, options: { members?: readonly string[] } = {}) {
  const world = new SimulatedWorld({ seed: typeof t === 'string' ? t : t.name })
  const replica = await Replica.boot(world, 'here', 'here.1')
  const writers = {
    a: await Replica.boot(world, 'a', 'a.1'),
    'a again': await Replica.boot(world, 'a-again', 'a.2'),
    b: await Replica.boot(world, 'b', 'b.1')
  }
  const sent: { to: string; message: Control }[] = []
  const gaps: string[] = []
  const holds: boolean[] = []
  const fetches: ({ readonly what: string } & PromiseWithResolvers<void>)[] = []
  const members = (options.members ?? ['a', 'b']).map(id => ({ id, incarnation: '1' }) as unknown as MemberRecord)
  const receiver = new PushReceiver(
    {
      store: replica.store,
      clock: replica.ports.clock,
      metrics: noMetrics,
      events: {
        sendControl: (to, message) => sent.push({ to, message }) > 0,
        holdPushes: isHeld => void holds.push(isHeld),
        members: () => members,
        gap: (shard, origin, peer) => void gaps.push(`${shard} ${origin} ${peer}`),
        fetch(peer, shard, names) {
          const fetch = Promise.withResolvers<void>()
          fetches.push({ what: `${peer} ${shard} ${names}`, ...fetch })
          return fetch.promise
        }
      }
    },
    { maxUncommittedBytes: 4000 }
  )
  let writes = 0
  /** What a push of one fresh update of this writer says. */
  const pushOf = (by: keyof typeof writers, shard: number, push: Sending = {}) => {
    const writer = writers[by]
    for (let i = 0; i <= (push.lost ?? 0); i++) writer.write(`k/${++writes}`, view => view.sum.add(1), shard)
    const name = `k/${writes}`
    const { state } = writer.store.actor(shard, name)
    const next = writer.store.context(shard).next(writer.store.origin)
    const seqs = writer.store
      .context(shard)
      .minus(writer.store.context(shard))
      .with(writer.store.origin, next - 1)
    const batch = encodeBatch({
      origin: writer.store.origin,
      updates: [{ shard, name, seqs, after: 0, delta: { state, context: seqs } }]
    })
    return encodePush({ number: 1, wantsStored: true, ...push, batch })
  }
  /** `a` vouches for these dots of an actor. */
  const vouchOf = (number: number, seen: CausalContext, shard = 0) => {
    const updates = [
      { shard, name: 'k/1', seqs: CausalContext.empty, after: 0, delta: { state: emptyState, context: seen } }
    ]
    return encodePush({ number, wantsStored: true, batch: encodeBatch({ origin: 'a.1', updates }) })
  }
  const confirmed = () =>
    sent.flatMap(({ to, message }) =>
      (message.stored?.pushes ?? []).map(number => `${to} ${message.stored?.origin} ${number}`)
    )
  const pass = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const conditions = world.machine('here').disk.conditions
  return { world, replica, writers, receiver, pushOf, vouchOf, confirmed, sent, gaps, holds, fetches, pass, conditions }
}

test('a push is confirmed when it is on this disk, and what came during a commit with the next', async t => {
  const { receiver, pushOf, confirmed, sent, pass, conditions } = await receiving(t)
  conditions.writeMs = { min: 50, max: 50 }
  receiver.receive('a', pushOf('a', 0, { number: 1 }))
  receiver.receive('b', pushOf('b', 0, { number: 1 }))
  receiver.receive('a', pushOf('a', 1, { number: 2 }))
  await pass(10)
  receiver.receive('a', pushOf('a', 0, { number: 3 }))
  await pass(35)
  assert.deepEqual(confirmed(), [], 'nothing is on the disk')
  await pass(35)
  assert.deepEqual(confirmed().sort(), ['a a.1 1', 'a a.1 2', 'b b.1 1'])
  assert.equal(sent.length, 2, 'one record for all of a node that one commit has stored')
  await pass(100)
  assert.deepEqual(confirmed().slice(3), ['a a.1 3'])
})

test('whatever a power cut leaves on this disk, it has all that was confirmed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.array(fc.tuple(fc.constantFrom('a' as const, 'b' as const), fc.nat(3), fc.nat(9)), {
        minLength: 1,
        maxLength: 12
      }),
      async (seed, pushes) => {
        const { world, receiver, pushOf, confirmed, pass, conditions } = await receiving(`${seed}`)
        conditions.writeMs = { min: 1, max: 12 }
        const shards = new Map<string, { shard: number; seq: number }>()
        const seqs = new Map<string, number>()
        for (const [number, [by, shard, ms]] of pushes.entries()) {
          const seq = (seqs.get(`${by} ${shard}`) ?? 0) + 1
          seqs.set(`${by} ${shard}`, seq)
          shards.set(`${by} ${by}.1 ${number}`, { shard, seq })
          receiver.receive(by, pushOf(by, shard, { number }))
          await pass(ms)
        }
        const sure = confirmed()
        world.machine('here').kill({ isPowerLoss: true })
        const again = await Replica.boot(world, 'here', 'here.2')
        for (const push of sure) {
          const { shard, seq } = shards.get(push) ?? assert.fail(`${push} was never sent`)
          assert.ok(again.store.context(shard).has(push.split(' ')[1] ?? '', seq), push)
        }
      }
    ),
    { numRuns: 40 }
  )
})

test('what is not stored here, or may not be, is not confirmed; nor what nobody asked to be', async t => {
  const { replica, receiver, pushOf, confirmed, pass } = await receiving(t)
  receiver.receive('a', pushOf('a', 0, { number: 1, wantsStored: false }))
  await pass(50)
  assert.equal(replica.store.context(0).next('a.1'), 2)
  const elsewhere = pushOf('a', 1, { number: 2 })
  assert.equal(await settle(replica.world, replica.store.removal.drop(1, replica.store.durableShard(1).version)), true)
  receiver.receive('a', elsewhere)
  await pass(50)
  // Its context covers the update, and nobody has looked whether the disk has it.
  const known = pushOf('a', 2, { number: 3 })
  receiver.receive('a', known)
  await pass(50)
  assert.deepEqual(confirmed(), ['a a.1 3'])
  replica.store.suspect(2)
  receiver.receive('a', known)
  await pass(50)
  assert.deepEqual(confirmed(), ['a a.1 3'])
  replica.store.trust.trust(2)
  receiver.receive('a', known)
  await pass(50)
  assert.deepEqual(confirmed(), ['a a.1 3', 'a a.1 3'], 'sent again it is confirmed again')
})

test('a link that ends takes what waits with it: over the next one only its own is confirmed', async t => {
  for (const [next, origin] of [
    ['a', 'a.1'],
    ['a again', 'a.2']
  ] as const) {
    const { receiver, pushOf, confirmed, pass, conditions } = await receiving(t)
    conditions.writeMs = { min: 50, max: 50 }
    receiver.receive('a', pushOf('a', 0, { number: 1 }))
    receiver.receive('b', pushOf('b', 0, { number: 1 }))
    await pass(10)
    receiver.unlinked('a')
    receiver.receive('a', pushOf(next, 1, { number: 7 }))
    await pass(200)
    assert.deepEqual(confirmed(), ['b b.1 1', `a ${origin} 7`])
  }
})

test('who is about to leave confirms nothing more, not even what is on its way to the disk', async t => {
  const { replica, receiver, pushOf, confirmed, pass, conditions } = await receiving(t)
  conditions.writeMs = { min: 50, max: 50 }
  receiver.receive('a', pushOf('a', 0, { number: 1 }))
  await pass(10)
  receiver.confirmNoMore()
  receiver.receive('b', pushOf('b', 0, { number: 1 }))
  await pass(200)
  assert.deepEqual(confirmed(), [])
  assert.ok(replica.store.context(0).has('b.1', 1), 'it is stored all the same')
})

test('a publication is taken of a member, confirmed to it, once, and left to catch-up where a stranger wrote it', async t => {
  const { replica, receiver, pushOf, confirmed, pass } = await receiving(t, { members: ['b'] })
  const known = pushOf('b', 0, { number: 1, publication: 1 })
  receiver.receivePublication('b', known)
  receiver.receivePublication('a', pushOf('a', 0, { number: 1, publication: 1 }))
  await pass(50)
  assert.deepEqual(confirmed(), ['b b.1 1'])
  assert.deepEqual(replica.store.context(0).origins(), ['b.1'])
  receiver.receivePublication('b', known)
  await pass(50)
  assert.deepEqual(confirmed(), ['b b.1 1'], 'a publication that comes twice is not read again')
  receiver.receive('b', known)
  await pass(50)
  assert.deepEqual(confirmed(), ['b b.1 1', 'b b.1 1'], 'over the link its writer waits to hear of it')
})

test('a life that has ended is neither joined nor confirmed, however its push comes', async t => {
  const { replica, receiver, pushOf, confirmed, pass } = await receiving(t)
  receiver.endEarlierLives('a.2')
  receiver.receive('a', pushOf('a', 0))
  receiver.receivePublication('a', pushOf('a', 0, { publication: 1 }))
  await pass(50)
  assert.ok(replica.store.context(0).isEmpty())
  receiver.unlinked('a')
  receiver.receive('a', pushOf('a again', 0))
  await pass(50)
  assert.deepEqual([confirmed(), replica.store.context(0).origins()], [['a a.2 1'], ['a.2']])
})

test('over a link comes what one life of its peer writes, and nothing else', async t => {
  const { replica, receiver, pushOf } = await receiving(t)
  assert.throws(() => receiver.receive('b', pushOf('a', 0)), isMalformed)
  receiver.receive('a', pushOf('a', 0))
  assert.throws(() => receiver.receive('a', pushOf('a again', 0)), isMalformed)
  assert.deepEqual(replica.store.context(0).origins(), ['a.1'])
  receiver.unlinked('a')
  receiver.receive('a', pushOf('a again', 0))
  assert.throws(() => receiver.receive('a', pushOf('a', 0)), isMalformed)
})

test('nobody publishes under the name of another, and members under the life that their record tells of', async t => {
  const { replica, receiver, pushOf } = await receiving(t)
  assert.throws(() => receiver.receivePublication('b', pushOf('a', 0, { publication: 1 })), isMalformed)
  assert.throws(() => receiver.receivePublication('stranger', pushOf('a', 0, { publication: 1 })), isMalformed)
  receiver.receivePublication('a', pushOf('a again', 0, { publication: 1 }))
  assert.ok(replica.store.context(0).isEmpty())
  receiver.receivePublication('a', pushOf('a', 0, { publication: 1 }))
  assert.deepEqual(replica.store.context(0).origins(), ['a.1'])
})

test('a gap before an update is told, with whoever can fill it', async t => {
  const { receiver, pushOf, gaps } = await receiving(t)
  receiver.receive('a', pushOf('a', 0))
  assert.deepEqual(gaps, [])
  receiver.receive('a', pushOf('a', 0, { lost: 1 }))
  receiver.receivePublication('b', pushOf('b', 3, { publication: 1, lost: 2 }))
  assert.deepEqual(gaps, ['0 a.1 a', '3 b.1 b'])
})

test('publications that went missing are asked for once, of their writer, and those of strangers are not', async t => {
  const { receiver, pushOf, sent, pass } = await receiving(t, { members: ['b'] })
  for (const by of ['a', 'b'] as const) receiver.receivePublication(by, pushOf(by, 0, { publication: 1 }))
  for (const by of ['a', 'b'] as const) receiver.receivePublication(by, pushOf(by, 0, { publication: 4 }))
  await pass(1000)
  assert.deepEqual(
    sent.flatMap(({ to, message }) => (message.pushWanted == null ? [] : [[to, message.pushWanted.publications]])),
    [['b', [2, 3]]]
  )
})

test('past its limit publications are not taken, peers wait, and go on when the disk has caught up', async t => {
  const { replica, receiver, pushOf, holds, pass, conditions } = await receiving(t)
  conditions.writeMs = { min: 100, max: 100 }
  for (let i = 0; i < 12; i++) receiver.receive('a', pushOf('a', 0))
  assert.deepEqual(holds, [true])
  receiver.receivePublication('b', pushOf('b', 0, { publication: 1 }))
  assert.deepEqual(replica.store.context(0).origins(), ['a.1'])
  await pass(500)
  assert.deepEqual(holds, [true, false])
  receiver.receivePublication('b', pushOf('b', 0, { publication: 2 }))
  assert.deepEqual(replica.store.context(0).origins(), ['a.1', 'b.1'])
})

test('what a writer vouches for is confirmed when all of it was seen here, and is on this disk', async t => {
  const { receiver, pushOf, vouchOf, confirmed, fetches, pass, conditions } = await receiving(t)
  conditions.writeMs = { min: 50, max: 50 }
  receiver.receive('a', pushOf('a', 0, { number: 1 }))
  receiver.receive('a', vouchOf(2, CausalContext.empty.with('a.1', 1)))
  await pass(20)
  assert.deepEqual(confirmed(), [])
  await pass(60)
  assert.deepEqual(confirmed(), ['a a.1 1', 'a a.1 2'])
  assert.equal(fetches.length, 0)
})

test('what was not seen here is fetched from who vouches for it, once at a time, and then confirmed', async t => {
  const { replica, receiver, vouchOf, confirmed, fetches, pass } = await receiving(t)
  const seen = CausalContext.empty.with('b.1', 1, 2)
  receiver.receive('a', vouchOf(1, seen))
  for (let number = 2; number < 100; number++) receiver.receive('a', vouchOf(number, seen))
  await pass(20)
  assert.deepEqual([fetches.map(({ what }) => what), confirmed()], [['a 0 k/1'], []])
  fetches[0]?.reject(new Error('broke off'))
  await pass(20)
  receiver.receive('a', vouchOf(1, seen))
  // It brings less than was vouched for.
  replica.store.joining.joinActor(
    0,
    'k/1',
    fragmentOf(emptyState, { extra: CausalContext.empty.with('b.1', 1) }),
    senderOf(CausalContext.empty)
  )
  fetches[1]?.resolve()
  await pass(20)
  assert.deepEqual(confirmed(), [])
  receiver.receive('a', vouchOf(1, seen))
  replica.store.joining.joinActor(0, 'k/1', fragmentOf(emptyState, { extra: seen }), senderOf(CausalContext.empty))
  fetches[2]?.resolve()
  await pass(20)
  assert.deepEqual(confirmed(), ['a a.1 1'])
  receiver.receive('a', vouchOf(2, seen))
  await pass(20)
  assert.deepEqual([confirmed(), fetches.length], [['a a.1 1', 'a a.1 2'], 3])
})

test('for a shard that is not here, or may claim what is lost, nobody’s word is confirmed', async t => {
  const { replica, receiver, vouchOf, confirmed, pass } = await receiving(t)
  receiver.receive('a', vouchOf(1, CausalContext.empty, 60))
  replica.store.suspect(0)
  receiver.receive('a', vouchOf(2, CausalContext.empty))
  await pass(20)
  assert.deepEqual(confirmed(), [])
})
