/** Ended lives of nodes: they go as a hash where both sides have seen the same of them, and whole where not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { endedRecordKey } from '../../src/cluster/storage-layout.ts'
import { decodeFragments } from '../../src/crdt/fragments.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { assertEqual, code, entriesOf, Party, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

type Pair = Awaited<ReturnType<typeof pair>>

/** A next life of one of the two; what its store had saved is there. */
async function restarted(
  { world, wire }: Pick<Pair, 'world' | 'wire'>,
  party: Party,
  other: Party,
  origin: string
): Promise<Party> {
  const id = origin.slice(0, 1)
  world.machine(id).kill({ isPowerLoss: true })
  const next = new Party(await Replica.boot(world, id, origin), id, wire)
  next.peers = party.peers
  other.peers.set(id, next)
  return next
}

async function write(party: Party, actor: string, tag: string): Promise<void> {
  party.replica.write(actor, view => view.tags.add(tag))
  await party.replica.save()
}

/** Two replicas that have seen the same lives 1 and 2 of `a`, and whose third one writes. */
async function afterTwoRestarts(seed: string): Promise<Pair> {
  const two = await pair(seed)
  let { a } = two
  await write(a, 'thing/x', 'first life')
  a = await restarted(two, a, two.b, 'a.2')
  await write(a, 'thing/x', 'second life')
  a = await restarted(two, a, two.b, 'a.3')
  await write(a, 'thing/y', 'third life')
  await two.pull(two.b, 'a')
  return { ...two, a }
}

function requestsOf(party: Party) {
  return party.sent.flatMap(({ catchUp }) => (catchUp == null ? [] : [catchUp]))
}

function kindsOf(bytes: Uint8Array | null | undefined): string[] {
  return decodeFragments(Uint8Array.from(bytes ?? [])).map(({ is }) => is)
}

test('both sides have seen the same of ended lives: neither says more of them than a hash', async () => {
  const { a, b, pull } = await afterTwoRestarts('same')
  await write(a, 'thing/z', 'more')
  b.sent.length = 0
  a.sent.length = 0
  await pull(b, 'a')
  assertEqual(a, b)
  const [request, second] = requestsOf(b)
  assert.deepEqual(kindsOf(request?.contexts), ['shard', 'short'])
  assert.equal(second, undefined)
  assert.ok(a.chunks.flatMap(entriesOf).some(({ is }) => is === 'short'))
  assert.ok(!a.chunks.flatMap(entriesOf).some(({ is }) => is === 'context'))
})

test('a sender that has seen other updates of an ended life is told the whole context, in one round trip more', async () => {
  const { a, b, pull, ...two } = await afterTwoRestarts('other')
  // Its fourth life begins on a disk that has seen of the third what b has not.
  await write(a, 'thing/late', 'third life, and nobody knows')
  const next = await restarted(two, a, b, 'a.4')
  await write(next, 'thing/z', 'fourth life')
  b.sent.length = 0
  await pull(b, 'a')
  assertEqual(next, b)
  assert.deepEqual(b.replica.value('thing/late').tags, ['third life, and nobody knows'])
  // Of a node that b knows in its third life only, that one is no ended one: what a lacks is the same.
  assert.deepEqual(
    requestsOf(b).map(({ contexts }) => kindsOf(contexts)),
    [['shard', 'short']]
  )
  // The other way round a says that life 3 has ended, and b, which had less of it, could not know that it was seen whole.
  const third = new Party(await Replica.boot(two.world, 'c', 'c.1'), 'c', two.wire)
  third.peers.set('a', next)
  next.peers.set('c', third)
  next.sent.length = 0
  await write(third, 'thing/w', 'of c')
  await pull(next, 'c')
  assert.deepEqual(
    requestsOf(next).map(({ contexts }) => kindsOf(contexts)),
    [
      ['shard', 'short'],
      ['shard', 'context']
    ]
  )
  assert.deepEqual(next.replica.value('thing/w').tags, ['of c'])
})

test('who was told the whole context and asks for it again is not listened to', async () => {
  const { a, b, pull, wire, world } = await afterTwoRestarts('again')
  await write(a, 'thing/z', 'more')
  wire.pass = (record, from) => {
    if (from === 'a' && record.chunk != null) {
      record.chunk.body = new Uint8Array(0)
      record.chunk.inFull = [0]
    }
    return true
  }
  b.sent.length = 0
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE')
  assert.equal(requestsOf(b).length, 2)
  wire.pass = () => true
  await settle(world, b.catchUp.pull('a', [0]))
  assertEqual(a, b)
})

test('a short context in an answer that does not fit what was asked is malformed', async () => {
  const { a, b, pull, wire } = await afterTwoRestarts('forged')
  await write(a, 'thing/z', 'more')
  wire.pass = (record, from) => {
    if (from !== 'a' || record.chunk == null) return true
    const body = Uint8Array.from(record.chunk.body ?? [])
    const at = body.indexOf(12)
    // The last byte of the hash of 16 bytes, which ends the entry.
    const [short] = entriesOf({ body }).filter(({ is }) => is === 'short')
    if (at < 0 || short?.is !== 'short') return true
    const end = indexOf(body, short.short.endedHash) + 15
    record.chunk.body = body.with(end, (body[end] ?? 0) ^ 1)
    return true
  }
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_MALFORMED')
})

function indexOf(bytes: Uint8Array, part: Uint8Array): number {
  return bytes.findIndex((_, at) => part.every((byte, i) => bytes[at + i] === byte))
}

function lives(...origins: string[]): CausalContext {
  return CausalContext.of(origins.map(origin => ({ origin, seq: 1 })))
}

test('who compares in full is told the whole context, unless its own is known whole', async () => {
  const { a, b, pull } = await pair('everything')
  await write(b, 'thing/x', 'of b')
  // Life 2 has ended for b, and is the last that a knows, which has seen a life before it.
  a.replica.store.joining.joinContext(0, lives('x.1', 'x.2'))
  b.replica.store.joining.joinContext(0, lives('x.2', 'x.3'))
  await a.replica.save()
  await b.replica.save()
  await pull(a, 'b', [0], { full: true })
  assert.deepEqual(a.replica.value('thing/x').tags, ['of b'])
  assert.ok(a.replica.store.context(0).covers(b.replica.store.context(0)))
})

test('ended lives that a disk has bent under a running process are written anew with what is left of the shard', async () => {
  const two = await afterTwoRestarts('bent')
  const { store, ports } = two.a.replica
  const key = endedRecordKey(0)
  const value = Uint8Array.from(ports.disk.get(key) ?? [])
  assert.ok(value.length > 0)
  const bent = value.with(value.length - 1, (value.at(-1) ?? 0) ^ 1)
  await settle(two.world, ports.disk.write([{ type: 'put', key, value: bent }]))
  store.suspect(0)
  await settle(two.world, two.a.replica.verify()).catch(() => {})
  const scan = await settle(
    two.world,
    two.a.replica.store.mending.scan(0, async () => {})
  )
  assert.deepEqual(scan?.faults, [])
  const next = await restarted(two, two.a, two.b, 'a.4')
  assert.deepEqual(await settle(two.world, next.replica.verify()), [])
  assert.ok(next.replica.store.context(0).has('a.1', 1), 'its record proves it')
  await two.pull(next, 'b')
  assertEqual(next, two.b)
})

test('nothing is left of a dropped shard, its ended lives included', async () => {
  const { a, world } = await pair('dropped')
  const { store, ports } = a.replica
  store.host(5)
  store.joining.joinContext(5, lives('x.1', 'x.2'))
  await a.replica.save()
  assert.ok(ports.disk.get(endedRecordKey(5)) !== undefined)
  assert.ok(await settle(world, store.removal.drop(5, store.durableShard(5).version)))
  assert.equal(ports.disk.get(endedRecordKey(5)), undefined)
})

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('write' as const), at: fc.nat(1), actor: fc.nat(3), shared: fc.boolean() })
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('restart' as const), at: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('pull' as const), at: fc.nat(1) }) }
)

test('however lives begin, end and are told of, two replicas are equal after a pull each way', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 5, maxLength: 25 }),
    fc.integer(),
    async (steps, seed) => {
      const two = await pair(seed)
      const parties = [two.a, two.b]
      const party = (at: number) => parties[at] ?? two.a
      const lives = [1, 1]
      let count = 0
      for (const each of steps) {
        const [one, other] = [party(each.at), party(1 - each.at)]
        if (each.does === 'write') {
          await write(one, `thing/${each.actor}`, `${count++}`)
          const last = one.replica.commits.at(-1)
          if (each.shared && last !== undefined) one.replica.pushTo(other.replica, last)
          await other.replica.save()
        } else if (each.does === 'restart') {
          const life = (lives[each.at] ?? 0) + 1
          lives[each.at] = life
          const origin = `${'ab'.charAt(each.at)}.${`${life}`.padStart(3, '0')}`
          parties[each.at] = await restarted(two, one, other, origin)
        } else await two.pull(one, 'ba'.charAt(each.at))
      }
      await two.pull(party(0), 'b')
      await two.pull(party(1), 'a')
      assertEqual(party(0), party(1))
      const [context, same] = [party(0).replica.store.context(0), party(1).replica.store.context(0)]
      assert.ok(context.equals(same))
      for (let i = 0; i < 4; i++)
        assert.deepEqual(party(0).replica.value(`thing/${i}`), party(1).replica.value(`thing/${i}`))
      // Nothing that was saved and told of is lost: every tag was added, and none removed.
      const tags = [0, 1, 2, 3].flatMap(i => party(0).replica.value(`thing/${i}`).tags)
      assert.equal(tags.length, count)
      for (const one of parties) assert.deepEqual(await settle(two.world, one.replica.verify()), [])
      assert.ok(!context.equals(CausalContext.empty) || count === 0)
    }
  )
  await fc.assert(property, { numRuns: 40 })
})
