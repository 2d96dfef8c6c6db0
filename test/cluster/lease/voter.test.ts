/** What a voter is held to by itself: its name, its silence, its limits, and what it and its askers take from the wire. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Voter, type VoterParts } from '../../../src/cluster/lease/voter.ts'
import { Voters } from '../../../src/cluster/lease/voters.ts'
import { VotersDisk } from '../../../src/cluster/lease/voters-disk.ts'
import {
  type Ask,
  type Ballot,
  damaged,
  maxCounter,
  maxLeap,
  type Question,
  questionFrom,
  questionTo,
  type Reply,
  replyFrom,
  replyTo
} from '../../../src/cluster/lease/voters-messages.ts'
import { VotersRounds } from '../../../src/cluster/lease/voters-rounds.ts'
import { utf8Of } from '../../../src/cluster/utf8.ts'
import { type Control, decodeControl, encodeControl } from '../../../src/cluster/wire.ts'
import type { Disk } from '../../../src/ports/disk.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { type Logger, silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { type SimulatedPorts, SimulatedWorld } from '../../../src/simulation/world.ts'

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'one', shards: 1, protocol: 3 } }
const id = (digit: string) => digit.repeat(24)
const diskId = (digit: string) => '0'.repeat(12) + digit.repeat(12)
const listId = 'ab'.repeat(8)
const ballot = (counter: number, proposer = 'a'): Ballot => ({ counter, proposer: id(proposer) })
const acceptedAt = (at: Ballot) => ({ ballot: at, version: id('e'), value: Uint8Array.of(1) })

async function aVoter(mayBegin: VoterParts['mayBegin'] = () => true) {
  const world = new SimulatedWorld({ seed: 1 })
  const ports = world.machine('one').boot(admission)
  const settle = <T>(promise: Promise<T>) => settled(world.time, promise)
  await settle(ports.disk.open())
  const disk = await settle(VotersDisk.open(ports.disk, ports.random))
  const failures: unknown[] = []
  const failed = (error: unknown) => void failures.push(error)
  const voter = new Voter({ disk, logger: silentLogger, metrics: noMetrics, listId, mayBegin, failed })
  const replies: Reply[] = []
  const ask = (what: Ask, name = disk.id, listed = listId) =>
    voter.receive('asker', { number: 1, voter: name, listId: listed, ...what }, reply => replies.push(reply))
  return {
    world,
    ports,
    settle,
    disk,
    voter,
    replies,
    failures,
    ask,
    run: (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  }
}

test('a disk keeps its id and its votes; one with damage draws a new id and has none', async () => {
  const { ports, settle, disk, ask, run } = await aVoter()
  ask({ kind: 'accept', key: 'shard/1', accepted: acceptedAt(ballot(3)) })
  await run(100)
  const again = await settle(VotersDisk.open(ports.disk, ports.random))
  assert.deepEqual([again.id, again.count, again.read('shard/1')?.promised], [disk.id, 1, ballot(3)])
  const damaged = await settle(VotersDisk.open(withDamage(ports.disk), ports.random))
  assert.notEqual(damaged.id, disk.id)
  assert.deepEqual([damaged.count, damaged.read('shard/1')?.accepted], [0, undefined])
  const after = await settle(VotersDisk.open(ports.disk, ports.random))
  assert.equal(after.id, damaged.id)
})

test('a voter promises each ballot once, accepts none below its promise, and answers under no other name', async () => {
  const { ask, replies, run } = await aVoter()
  const kinds = async () => {
    await run(100)
    return replies.splice(0).map(reply => (reply.kind === 'registers' ? reply.registers.length : reply.kind))
  }
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(2) })
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(2) })
  ask({ kind: 'accept', key: 'shard/1', accepted: acceptedAt(ballot(1, 'f')) })
  ask({ kind: 'look', key: 'shard/1' })
  assert.deepEqual(await kinds(), [0, 'refused', 'refused', 0])
  ask({ kind: 'accept', key: 'shard/1', accepted: acceptedAt(ballot(2)) })
  ask({ kind: 'look', key: 'shard/1' })
  ask({ kind: 'list', prefix: 'shard/', after: '' })
  ask({ kind: 'list', prefix: 'session/', after: '' })
  assert.deepEqual(await kinds(), [0, 1, 1, 0])
  ask({ kind: 'look', key: 'shard/1' } as never, id('0'))
  assert.deepEqual(await kinds(), ['problem'])
})

test('a damaged vote is told of wherever it is asked for, and says nothing about other registers', async () => {
  const { ports, settle, ask, replies, run } = await aVoter()
  for (const key of ['shard/1', 'shard/2']) ask({ kind: 'accept', key, accepted: acceptedAt(ballot(1)) })
  await run(100)
  await settle(
    ports.disk.write([{ type: 'put', key: Uint8Array.of(0x6c, 0x76, ...utf8Of('shard/1')), value: utf8Of('damaged') }])
  )
  replies.splice(0)
  ask({ kind: 'list', prefix: 'shard/', after: '' })
  ask({ kind: 'look', key: 'shard/1' })
  ask({ kind: 'look', key: 'shard/2' })
  await run(100)
  ask({ kind: 'promise', key: 'shard/2', ballot: ballot(2) })
  await run(100)
  const told = replies.map(reply =>
    reply.kind === 'registers'
      ? reply.registers.map(({ key, ballot: { counter } }) => `${key}: ${counter}`)
      : reply.kind
  )
  const [list, ...others] = [told.find(it => it.length === 2), ...told.filter(it => it.length !== 2)]
  assert.deepEqual(list, ['shard/1: 0', 'shard/2: 1'])
  assert.deepEqual(others, ['problem', ['shard/2: 1'], ['shard/2: 1']])
})

test('after a write that failed a voter is silent, and its node is told', async () => {
  const { world, ask, replies, run, failures } = await aVoter()
  world.machine('one').disk.conditions.failProbability = 1
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(2) })
  await run(1000)
  world.machine('one').disk.conditions.failProbability = 0
  ask({ kind: 'look', key: 'shard/1' })
  await run(1000)
  assert.deepEqual([replies, failures.length], [[], 1])
})

test('a voter that is not to believe its disk says nothing of what is on it, and takes nothing', async () => {
  const { voter, ask, replies, run, disk } = await aVoter()
  ask({ kind: 'accept', key: 'shard/1', accepted: acceptedAt(ballot(1)) })
  ask({ kind: 'promise', key: 'shard/2', ballot: ballot(1) })
  await run(1000)
  replies.length = 0
  voter.distrust()
  voter.forgetPromises([{ key: 'shard/2', ballot: ballot(1) }])
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(7) })
  ask({ kind: 'look', key: 'shard/1' })
  ask({ kind: 'list', prefix: 'shard/', after: '' })
  await run(1000)
  assert.deepEqual(
    replies.map(reply => (reply.kind === 'problem' ? reply.why : reply.kind)),
    Array(3).fill('files of its disk are damaged: it votes no more')
  )
  assert.deepEqual([disk.read('shard/1')?.promised, disk.read('shard/2')?.promised], [ballot(1), ballot(1)])
})

test('questions that wait for the disk are limited', async () => {
  const { ask, replies, run } = await aVoter()
  for (let n = 0; n < 5000; n++) ask({ kind: 'promise', key: `shard/${n}`, ballot: ballot(1) })
  await run(1000)
  assert.ok(replies.length > 0 && replies.length <= 1025, `${replies.length} were answered`)
  ask({ kind: 'look', key: 'shard/1' })
  await run(1000)
  assert.equal(replies.at(-1)?.kind, 'registers')
})

test('no question leaves a register without ballots: one far above the last is not taken', async () => {
  const { ask, replies, run } = await aVoter()
  const kinds = async () => {
    await run(100)
    return replies.splice(0).map(reply => reply.kind)
  }
  for (const counter of [maxCounter, maxLeap + 1]) ask({ kind: 'promise', key: 'shard/1', ballot: ballot(counter) })
  ask({ kind: 'accept', key: 'shard/1', accepted: acceptedAt(ballot(maxCounter)) })
  assert.deepEqual(await kinds(), ['refused', 'refused', 'refused'])
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(maxLeap) })
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(2 * maxLeap) })
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(3 * maxLeap + 1) })
  assert.deepEqual(await kinds(), ['registers', 'registers', 'refused'])
})

test('a register begins only where the node that asks may have one of that name', async () => {
  const { ask, replies, run, disk } = await aVoter((key, peer) => key === 'shard/1' && peer === 'asker')
  ask({ kind: 'promise', key: 'junk', ballot: ballot(1) })
  ask({ kind: 'accept', key: 'shard/2', accepted: acceptedAt(ballot(1)) })
  ask({ kind: 'look', key: 'junk' })
  ask({ kind: 'promise', key: 'shard/1', ballot: ballot(1) })
  await run(100)
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['problem', 'problem', 'registers', 'registers']
  )
  assert.equal(disk.count, 1)
})

test('one node that floods a voter leaves room for the questions of others', async () => {
  const { ask, voter, disk, run } = await aVoter()
  for (let n = 0; n < 5000; n++) ask({ kind: 'promise', key: `shard/${n}`, ballot: ballot(1) })
  const heard: Reply[] = []
  const question: Question = { number: 2, voter: disk.id, listId, kind: 'look', key: 'shard/1' }
  voter.receive('another', question, reply => heard.push(reply))
  await run(1000)
  assert.equal(heard.length, 1)
})

test('lists wait for the questions of others, and one node has few of them waiting', async () => {
  const { ask, voter, disk, replies, settle, run } = await aVoter()
  const votes = Array.from(
    { length: 1000 },
    (_, n) => [`shard/${n}`, { promised: ballot(1), accepted: acceptedAt(ballot(1)) }] as const
  )
  await settle(disk.write(new Map(votes)))
  for (let n = 0; n < 500; n++) ask({ kind: 'list', prefix: 'shard/', after: '' })
  let before: number | undefined
  const question: Question = { number: 2, voter: disk.id, listId, kind: 'promise', key: 'shard/1', ballot: ballot(2) }
  voter.receive('another', question, () => {
    before = replies.length
  })
  await run(5000)
  assert.ok(before !== undefined && before <= 1, `${before} lists came before it`)
  assert.ok(replies.length >= 1 && replies.length <= 8, `${replies.length} lists were answered`)
})

test('a voter answers nobody who goes by another list of voters, or where it is in none', async () => {
  const { ask, replies, run, disk, ports } = await aVoter()
  ask({ kind: 'look', key: 'shard/1' }, disk.id, 'cd'.repeat(8))
  const silent = new Voter({
    disk,
    logger: silentLogger,
    metrics: noMetrics,
    listId: undefined,
    mayBegin: () => true,
    failed() {}
  })
  const question: Question = { number: 1, voter: disk.id, listId, kind: 'look', key: 'shard/1' }
  silent.receive(ports.network.self, question, reply => replies.push(reply))
  await run(100)
  assert.deepEqual(
    replies.map(({ kind }) => kind),
    ['problem', 'problem']
  )
})

test('a disk votes in one list for good; one with another id may begin in another', async () => {
  const { ports, settle, disk } = await aVoter()
  const list = (...others: string[]) => [
    { peer: ports.network.self, disk: disk.id },
    ...others.map(digit => ({ peer: digit, disk: diskId(digit) }))
  ]
  // Before it has voted on anything it may take another.
  await settle(openWith(ports, list('1', '4')))
  await settle(openWith(ports, list('1', '2')))
  await settle(disk.write(new Map([['identity', { promised: ballot(1), accepted: undefined }]])))
  await settle(openWith(ports, list('2', '1')))
  await assert.rejects(settle(openWith(ports, list('1', '3'))), hasCode('SHOAL_BAD_CONFIGURATION'))
  // As on a disk with damage, it draws another id.
  const drawn = await settle(VotersDisk.open(withDamage(ports.disk), ports.random))
  const others = list('1', '3').slice(1)
  await settle(openWith(ports, [{ peer: ports.network.self, disk: drawn.id }, ...others]))
})

test('a node whose disk is not the one that the list names asks the others, and says so', async () => {
  const { ports, settle } = await aVoter()
  const errors: string[] = []
  const logger = { ...silentLogger, error: (message: string) => void errors.push(message) }
  const voters = [ports.network.self, 'x', 'y'].map((peer, n) => ({ peer, disk: diskId(`${n}`) }))
  await settle(openWith(ports, voters, logger))
  assert.deepEqual(errors.length, 1)
})

test('a voter that nobody ever reaches is told of by name', async () => {
  const { ports, settle, disk } = await aVoter()
  const said: string[] = []
  const warn = (message: string, fields?: unknown) => void said.push(`${message} ${JSON.stringify(fields)}`)
  const list = [ports.network.self, 'x', 'y'].map((peer, n) => ({ peer, disk: n === 0 ? disk.id : diskId(`${n}`) }))
  const voters = await settle(openWith(ports, list, { ...silentLogger, warn }))
  for (let n = 0; n < 20; n++)
    await settle(voters.store.read('shard/1', ports.clock.elapsed() + 10_000).catch(() => {}))
  assert.equal(said.filter(line => line.includes('has not answered')).length, 2)
})

test('what a voter answers to an earlier life of its asker counts for nothing', async () => {
  const { world, ports, disk } = await aVoter()
  const voters = ['one', 'two', 'three'].map((peer, i) => ({ peer, disk: i === 0 ? disk.id : diskId(`${i}`) }))
  const lives = [1, 2].map(() => {
    const asked: Question[] = []
    const rounds = new VotersRounds(voters, ports.clock, ports.random, (_, question) => asked.push(question) > 0)
    let isOver = false
    void rounds.askAll({ kind: 'look', key: 'shard/1' }, new AbortController().signal).then(() => (isOver = true))
    return { asked, rounds, isOver: () => isOver }
  })
  const [old, present] = lives
  assert.ok(old !== undefined && present !== undefined)
  for (const { peer, disk } of voters) {
    const number = old.asked[0]?.number ?? 0
    present.rounds.receive(peer, { number, voter: disk, kind: 'registers', registers: [], hasMore: false })
  }
  await world.time.run({ untilMs: world.time.nowMs + 500 })
  assert.ok(!present.isOver())
})

test('three or five voters, each with a name of its own, or none at all', async () => {
  const { ports } = await aVoter()
  const named = (...disks: string[]) => disks.map((disk, i) => ({ peer: `node-${i}`, disk }))
  const bad = [
    named(),
    named(id('1')),
    named(id('1'), id('2')),
    named(diskId('1'), diskId('2'), diskId('2')),
    named('x', diskId('2'), diskId('3')),
    named(id('1'), id('2'), id('3'))
  ]
  for (const voters of bad) await assert.rejects(openWith(ports, voters), hasCode('SHOAL_BAD_CONFIGURATION'))
})

test('questions and answers come through the wire as they were, and noise is malformed', () => {
  const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 24, maxLength: 24 })
  const key = fc.constantFrom('a', 'shard/17', 'session/0-9/x')
  const ballots = fc.record({ counter: fc.integer({ min: 1, max: 2 ** 52 }), proposer: hex })
  const accepted = fc.record({ ballot: ballots, version: hex, value: fc.uint8Array({ maxLength: 4096 }) })
  const named = { number: fc.nat(), voter: hex }
  const asked = { ...named, listId: fc.constant(listId) }
  const question: fc.Arbitrary<Question> = fc.oneof(
    fc.record({ ...asked, kind: fc.constant('look' as const), key }),
    fc.record({ ...asked, kind: fc.constant('promise' as const), key, ballot: ballots }),
    fc.record({ ...asked, kind: fc.constant('accept' as const), key, accepted }),
    fc.record({ ...asked, kind: fc.constant('forget' as const), key, ballot: ballots }),
    fc.record({
      ...asked,
      kind: fc.constant('list' as const),
      prefix: fc.constantFrom('', 'shard/'),
      after: fc.constantFrom('', 'shard/2')
    })
  )
  const registers = fc.array(
    fc.oneof(
      fc.record({ key, ballot: ballots, version: hex, value: fc.uint8Array({ maxLength: 9 }) }),
      key.map(damaged)
    )
  )
  const reply: fc.Arbitrary<Reply> = fc.oneof(
    fc.record({ ...named, kind: fc.constant('refused' as const), promised: ballots }),
    fc.record({ ...named, kind: fc.constant('problem' as const), why: fc.constantFrom('full', 'another disk') }),
    fc.record({ ...named, kind: fc.constant('registers' as const), registers, hasMore: fc.boolean() })
  )
  const sent = (message: Control) => decodeControl(encodeControl(message))
  fc.assert(
    fc.property(question, it => {
      const { voterQuestion } = sent(questionTo(it))
      assert.deepEqual(voterQuestion && plain(questionFrom(voterQuestion)), plain(it))
    })
  )
  fc.assert(
    fc.property(reply, it => {
      const { voterAnswer } = sent(replyTo(it))
      assert.deepEqual(voterAnswer && plain(replyFrom(voterAnswer)), plain(it))
    })
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(0xa2, 0xaa), (noise, tag) => {
      try {
        const { voterQuestion, voterAnswer } = decodeControl(Uint8Array.of(tag, 1, noise.length, ...noise))
        if (voterQuestion != null) questionFrom(voterQuestion)
        if (voterAnswer != null) replyFrom(voterAnswer)
      } catch (error) {
        assert.ok(hasCode('SHOAL_MALFORMED')(error), String(error))
      }
    })
  )
})

function plain(message: Question | Reply): unknown {
  return JSON.parse(JSON.stringify(message, (_, value) => (value instanceof Uint8Array ? [...value] : value)))
}

function hasCode(code: string): (error: unknown) => boolean {
  return error => isShoalError(error) && error.code === code
}

function openWith(
  { disk, clock, random, network }: SimulatedPorts,
  voters: { peer: string; disk: string }[],
  logger: Logger = silentLogger
) {
  const events = { metrics: noMetrics, send: () => false, mayBegin: () => true, failed() {} }
  return Voters.open({ voters, self: network.self, disk, clock, random, logger, ...events })
}

function withDamage(disk: Disk): Disk {
  return {
    damage: 'a hole',
    open: () => disk.open(),
    get: key => disk.get(key),
    range: bounds => disk.range(bounds),
    write: batch => disk.write(batch),
    snapshot: () => disk.snapshot(),
    compact: bounds => disk.compact(bounds),
    close: () => disk.close()
  }
}
