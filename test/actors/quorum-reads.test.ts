/** Reads that ask others: whose answers count, what makes them void, and what they bring. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Invocation } from '../../src/actors/calls/invocation.ts'
import { QuorumReads, type QuorumReadsOptions } from '../../src/actors/running/quorum-reads.ts'
import type { Cluster } from '../../src/cluster/cluster.ts'
import { seqAt } from '../../src/cluster/index-positions.ts'
import { countQuorum } from '../../src/cluster/quorum.ts'
import { type Calls, decodeCalls, encodeCalls } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { decodeShort } from '../../src/crdt/short-context.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica, settle } from '../cluster/support/replica.ts'

type Message = ReturnType<typeof decodeCalls>

const members = ['a', 'b', 'c'] as const
type Member = (typeof members)[number]

const code = (error: unknown) => (isShoalError(error) ? error.code : String(error))

interface Side {
  readonly replica: Replica
  readonly reads: QuorumReads
  isWhole: boolean
}

/** Three replicas of shard 0, whose reads ask the others, as far as a test links them. */
async function three(seed: string, options: QuorumReadsOptions = {}) {
  const world = new SimulatedWorld({ seed })
  const sides = {} as Record<Member, Side>
  const passed: { from: Member; to: Member; message: Message }[] = []
  const wire = { pass: (_from: Member, _to: Member, _message: Message) => true }
  const quorums = new Set<boolean>()
  for (const self of members) {
    const replica = await Replica.boot(world, self, `${self}.1`)
    const side: Side = { replica, isWhole: true, reads: undefined as unknown as QuorumReads }
    const cluster = {
      incarnation: `${self}.1`,
      store: replica.store,
      isWhole: () => side.isWhole,
      replicas: {
        readQuorum: (_shard: number, _of: string, level: 'majority' | 'all', selfCounts: boolean) => {
          quorums.add(selfCounts)
          return (told: ReadonlySet<string>) =>
            countQuorum(
              [members],
              id => (id === self ? selfCounts : told.has(id)),
              level,
              id => id !== self && !told.has(id)
            )
        }
      },
      sendCalls: (to: Member, calls: Calls) => {
        const message = decodeCalls(encodeCalls(calls))
        passed.push({ from: self, to, message })
        // As without a link.
        if (!wire.pass(self, to, message)) return false
        replica.ports.clock.after(1, () => void sides[to].reads.receive(self, message))
        return true
      }
    } as unknown as Cluster
    const parts = { cluster, clock: replica.ports.clock, metrics: noMetrics, shardOfName: () => 0 }
    sides[self] = Object.assign(side, { reads: new QuorumReads(parts, options) })
  }
  const read = (at: Member, level: 'local' | 'majority' | 'all' = 'majority', withinMs = 2000) => {
    const { clock } = sides[at].replica.ports
    const end = sides[at].reads.read({
      definition: { mode: 'replicated', kind: 'k' },
      shard: 0,
      id: 'x',
      method: 'value',
      read: level,
      deadlineMs: clock.elapsed() + withinMs
    } as unknown as Invocation)
    end.catch(() => {})
    return end
  }
  const pass = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const tags = (at: Member) => sides[at].replica.value('k/x').tags
  const write = async (at: Member, tag: string) => {
    sides[at].replica.write('k/x', view => view.tags.add(tag))
    await sides[at].replica.save()
  }
  const replies = (from: Member) => passed.filter(each => each.from === from && each.message.readReply != null)
  return { world, sides, wire, passed, quorums, read, pass, tags, write, replies, ...sides }
}

const isOpen = async (read: Promise<unknown>, pass: (ms: number) => Promise<unknown>, ms: number) => {
  let isEnded = false
  const ended = () => {
    isEnded = true
  }
  read.then(ended, ended)
  await pass(ms)
  return !isEnded
}

test('a read of a majority has what the other members of it have, added and removed, before it runs', async () => {
  const { world, read, tags, write, wire, b } = await three('majority')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  await write('b', 'tea')
  assert.equal(await settle(world, read('a')), 'enough')
  assert.deepEqual(tags('a'), ['tea'])
  b.replica.write('k/x', view => view.tags.remove('tea'))
  await b.replica.save()
  assert.equal(await settle(world, read('a', 'local')), 'enough')
  assert.deepEqual(tags('a'), ['tea'])
  assert.equal(await settle(world, read('a')), 'enough')
  assert.deepEqual(tags('a'), [])
})

test('an answer says all that its sender has seen of the actor, and keeps what the reader has', async () => {
  const { world, read, tags, write, wire, sides } = await three('seen')
  const { a, b, c } = sides
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  await write('b', 'both')
  b.replica.pushTo(a.replica, ...b.replica.commits)
  await write('b', 'new')
  await settle(world, read('a'))
  assert.deepEqual(tags('a').toSorted(), ['both', 'new'])
  assert.equal(seqAt(a.replica.store.actor(0, 'k/x').index, 'b.1'), 2, 'others may learn it from the reader')
  // Of this b knows only that it was removed.
  wire.pass = (from, to) => from !== 'a' && to !== 'a'
  await write('c', 'gone')
  c.replica.pushTo(a.replica, ...c.replica.commits)
  const before = a.replica.commits.length
  a.replica.write('k/x', view => view.tags.remove('gone'))
  await a.replica.save()
  a.replica.pushTo(b.replica, ...a.replica.commits.slice(before))
  await settle(world, read('c'))
  assert.deepEqual(tags('c').toSorted(), ['both', 'new'])
})

test('equal replicas say so in a word, and a read of all asks all', async () => {
  const { world, read, write, replies, sides } = await three('equal')
  await write('a', 'tea')
  for (const to of [sides.b, sides.c]) {
    sides.a.replica.pushTo(to.replica, ...sides.a.replica.commits)
    await to.replica.save()
  }
  assert.equal(await settle(world, read('a', 'all')), 'enough')
  for (const from of ['b', 'c'] as const)
    assert.deepEqual(
      replies(from).map(({ message }) => message.readReply?.same),
      [true]
    )
})

test('a reader whose shard is not whole does not count itself, however that changes while it waits', async () => {
  const { read, wire, pass, sides } = await three('not whole')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  sides.a.isWhole = false
  const waiting = read('a')
  assert.ok(await isOpen(waiting, pass, 500), 'it and one more are no majority')
  wire.pass = () => true
  assert.equal(await isOpen(waiting, pass, 500), false, 'two others are')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  sides.a.isWhole = true
  assert.equal(await isOpen(read('a'), pass, 500), false)
  const lost = read('a', 'all')
  await pass(100)
  sides.a.isWhole = false
  wire.pass = () => true
  assert.ok(await isOpen(lost, pass, 700), 'it is whole no more')
})

test('a replica that is not whole tells nothing, and is asked again until it is', async () => {
  const { read, wire, pass, write, tags, sides } = await three('told')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  await write('b', 'tea')
  sides.b.isWhole = false
  const waiting = read('a')
  assert.ok(await isOpen(waiting, pass, 500))
  assert.deepEqual(tags('a'), [])
  sides.b.isWhole = true
  assert.equal(await isOpen(waiting, pass, 300), false)
  assert.deepEqual(tags('a'), ['tea'])
})

test('what is told is on the disk of who tells it', async () => {
  const { world, read, wire, tags, sides, pass } = await three('durable')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  world.machine('b').disk.conditions.writeMs = { min: 100, max: 100 }
  sides.b.replica.write('k/x', view => view.tags.add('tea'))
  const waiting = read('a')
  assert.ok(await isOpen(waiting, pass, 60))
  assert.deepEqual(tags('a'), [], 'a crash could take it back')
  assert.equal(await isOpen(waiting, pass, 200), false)
  assert.deepEqual(tags('a'), ['tea'])
})

test('only who was asked answers, once for each time it was asked, and not when its link has ended since', async () => {
  const { read, wire, pass, sides, passed } = await three('who')
  wire.pass = (from, to, message) =>
    !(from === 'b' && to === 'a' && message.readReply != null) && from !== 'c' && to !== 'c'
  const waiting = read('a')
  await pass(50)
  const request = passed.find(({ to, message }) => to === 'b' && message.readRequest != null)?.message.readRequest
  const reply = decodeCalls(encodeCalls({ readReply: { number: request?.number ?? 0, actor: 'k/x', same: true } }))
  sides.a.reads.receive('c', reply)
  assert.ok(await isOpen(waiting, pass, 20), 'another answers in its stead')
  const elsewhere = decodeCalls(encodeCalls({ readReply: { number: request?.number ?? 0, actor: 'k/y', same: true } }))
  sides.a.reads.receive('b', elsewhere)
  assert.ok(await isOpen(waiting, pass, 20), 'it answers about another actor')
  sides.a.reads.unlinked('b')
  sides.a.reads.receive('b', reply)
  assert.ok(await isOpen(waiting, pass, 20), 'it may have another disk since')
  wire.pass = () => true
  assert.equal(await isOpen(waiting, pass, 500), false, 'it is asked again')
})

test('answers that rest on what was dropped or damaged since are void', async () => {
  const { world, read, wire, pass, sides } = await three('void')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  const waiting = read('a', 'all')
  await pass(50)
  world.machine('b').disk.conditions.writeMs = { min: 100, max: 100 }
  sides.b.replica.write('k/x', view => view.tags.add('tea'))
  const asked = read('a')
  await pass(20)
  sides.a.reads.abandoned(0)
  wire.pass = (from, to) => to !== 'b' && (from !== 'c' || to !== 'a') && to !== 'c'
  assert.ok(await isOpen(asked, pass, 150), 'what b answers now was asked before')
  wire.pass = (from, to) => from !== 'b' && to !== 'b'
  assert.ok(await isOpen(waiting, pass, 500), 'c is not all')
  wire.pass = () => true
  assert.equal(await settle(world, waiting), 'enough')
  await settle(world, asked)
  await sides.a.replica.save()
  const moving = read('a', 'all')
  const { store } = sides.a.replica
  assert.equal(await settle(world, store.removal.drop(0, store.durableShard(0).version)), true)
  sides.a.reads.abandoned(0)
  assert.equal(await settle(world, moving), 'moved')
})

test('what cannot be joined yet does not count as told', async () => {
  const { read, wire, pass, write, tags, sides } = await three('doubt')
  wire.pass = (from, to) => from !== 'c' && to !== 'c'
  await write('b', 'tea')
  sides.a.replica.store.suspect(0)
  const waiting = read('a')
  assert.ok(await isOpen(waiting, pass, 500))
  sides.a.replica.store.trust.trust(0)
  assert.equal(await isOpen(waiting, pass, 300), false)
  assert.deepEqual(tags('a'), ['tea'])
})

test('a read that is not answered in time says by how many, and leaves nothing behind', async () => {
  const { world, read, wire, pass, passed } = await three('late', { maxReads: 1 })
  wire.pass = () => false
  const late = read('a', 'majority', 500)
  await assert.rejects(settle(world, read('a')), error => code(error) === 'SHOAL_OVERLOADED')
  await assert.rejects(
    settle(world, late),
    error => code(error) === 'SHOAL_UNAVAILABLE' && /1 of 3 replicas/.test(String(error))
  )
  const asked = passed.length
  await pass(2000)
  assert.equal(passed.length, asked, 'nobody is asked any more')
  wire.pass = () => true
  assert.equal(await settle(world, read('a')), 'enough')
})

test('reads of others past the limit are refused, and served when there is room', async () => {
  const { world, read, wire, pass, sides, replies } = await three('served', { maxServed: 1 })
  wire.pass = (from, to) => from !== 'b' && to !== 'b'
  world.machine('c').disk.conditions.writeMs = { min: 300, max: 300 }
  sides.c.replica.write('k/x', view => view.tags.add('tea'))
  const [first, second] = [read('a', 'majority', 5000), read('a', 'majority', 5000)]
  assert.ok(await isOpen(first, pass, 100))
  assert.deepEqual(
    replies('c').map(({ message }) => message.readReply?.refused),
    ['too many reads']
  )
  await settle(world, Promise.all([first, second]))
  await settle(world, read('a'))
})

test('an actor that belongs into another shard is not spoken of', async () => {
  const { pass, sides, replies } = await three('other shard')
  sides.b.reads.receive(
    'a',
    decodeCalls(encodeCalls({ readRequest: { number: 1, actor: 'k/x', shard: 1, digest: new Uint8Array(16) } }))
  )
  await pass(50)
  assert.deepEqual(
    replies('b').map(({ message }) => message.readReply?.refused),
    ['the actor is in another shard']
  )
})

/** What an earlier life of a node that nobody is any more has written, and that later lives of it came. */
async function withEndedLives(seed: string, lacksOne: boolean) {
  const sides = await three(seed)
  const { world, a, b } = sides
  sides.wire.pass = (from, to) => from !== 'c' && to !== 'c'
  const old = await Replica.boot(world, 'z', 'z.1')
  old.write('k/x', view => view.tags.add('of an ended life'))
  await old.save()
  old.pushTo(b.replica, ...old.commits)
  if (!lacksOne) old.pushTo(a.replica, ...old.commits)
  const others = CausalContext.of(['z.0', 'z.2'].map(origin => ({ origin, seq: 1 })))
  for (const { replica } of [a, b]) {
    replica.store.joining.joinContext(0, others)
    await replica.save()
  }
  await sides.write('b', 'tea')
  return sides
}

test('a read says nothing of ended lives but a hash, where both have seen the same of them', async () => {
  const { world, read, tags, passed } = await withEndedLives('same lives', false)
  assert.equal(await settle(world, read('a')), 'enough')
  assert.deepEqual(tags('a'), ['of an ended life', 'tea'])
  const asked = passed.flatMap(({ message }) => message.readRequest ?? [])
  assert.ok(asked.length > 0)
  for (const { context } of asked) assert.equal(decodeShort(Uint8Array.from(context ?? [])).endedHash.length, 16)
  for (const { message } of passed) assert.equal(message.readReply?.floor?.length ?? 0, 0)
})

test('a read brings what an ended life wrote and the asker has not seen', async () => {
  const { world, read, tags } = await withEndedLives('other lives', true)
  assert.equal(await settle(world, read('a')), 'enough')
  assert.deepEqual(tags('a'), ['of an ended life', 'tea'])
})
