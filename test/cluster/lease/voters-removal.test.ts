/** Registers that are removed leave nothing with the voters, and nothing that was under way for them brings them back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Voter } from '../../../src/cluster/lease/voter.ts'
import { VotersDisk, voterNote } from '../../../src/cluster/lease/voters-disk.ts'
import { type Ask, type Ballot, type Reply, removedVersion } from '../../../src/cluster/lease/voters-messages.ts'
import { mendMeta } from '../../../src/cluster/meta.ts'
import { metaKeys } from '../../../src/cluster/storage-layout.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'
import { VotersWorld } from './voters-world.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const keyOf = (n: number) => `session/${n.toString(16).padStart(4, '0')}`

async function withSessions(count: number, seed: string) {
  const world = await VotersWorld.make({ seed, voters: 3, others: 1 })
  await world.run(1000)
  const { store, ports } = world.node(3)
  const soon = () => ports.clock.elapsed() + 5000
  const write = async (key: string, expected?: string) => {
    const outcome = await world.settle(store.write(key, bytes(key), expected, soon()))
    assert.ok(outcome !== 'conflict', key)
    return outcome.version
  }
  const versions = new Map<string, string>()
  for (let n = 0; n < count; n++) versions.set(keyOf(n), await write(keyOf(n)))
  const remove = (key: string) => world.settle(store.remove(key, versions.get(key) ?? '', soon()))
  const read = (key: string, at = 3) => world.settle(world.node(at).store.read(key, soon()))
  const registers = () => world.voting.map(machine => world.nodes.get(machine)?.voters.registers)
  const tidy = (at: number) => world.settle(world.node(at).voters.tidy())
  return { world, versions, write, remove, read, registers, tidy, store, soon }
}

test('what is removed leaves no register with any voter, also over a restart, and may be written anew', async () => {
  const { world, write, remove, read, registers, tidy } = await withSessions(12, 'removed')
  for (let n = 0; n < 10; n++) await remove(keyOf(n))
  await world.run(1000)
  assert.deepEqual(registers(), [12, 12, 12])
  await tidy(1)
  await world.run(1000)
  assert.deepEqual(registers(), [2, 2, 2])
  for (const machine of world.machines) world.kill(machine, true)
  for (const machine of world.machines) world.boot(machine)
  await world.until(() => world.nodes.size === 4)
  await world.run(1000)
  assert.deepEqual(registers(), [2, 2, 2])
  for (let n = 0; n < 12; n++) assert.equal((await read(keyOf(n))) !== undefined, n >= 10, keyOf(n))
  assert.deepEqual(registers(), [2, 2, 2])
  const { store, ports } = world.node(3)
  const anew = await world.settle(store.write(keyOf(0), bytes('anew'), undefined, ports.clock.elapsed() + 5000))
  assert.ok(anew !== 'conflict')
  assert.equal(new TextDecoder().decode((await read(keyOf(0), 0))?.value), 'anew')
  await assert.rejects(write(keyOf(0)))
})

test('while a voter is away nothing is forgotten; when it is back with an older value, all of it is', async () => {
  const { world, remove, read, registers, tidy } = await withSessions(3, 'away')
  const [away] = world.voting
  assert.ok(away !== undefined)
  world.kill(away)
  for (let n = 0; n < 3; n++) await remove(keyOf(n))
  for (const at of [1, 2]) await tidy(at)
  await world.run(1000)
  assert.deepEqual(registers(), [undefined, 3, 3])
  world.boot(away)
  await world.until(() => world.nodes.size === 4)
  await world.run(1000)
  await tidy(2)
  await world.run(1000)
  assert.deepEqual(registers(), [0, 0, 0])
  for (let n = 0; n < 3; n++) assert.equal(await read(keyOf(n), n), undefined)
})

test('a removal that one voter alone has not forgotten goes when that one looks', async () => {
  const { world, remove, registers, tidy, write, read } = await withSessions(1, 'alone')
  await remove(keyOf(0))
  await world.run(1000)
  const [behind] = world.voting
  assert.ok(behind !== undefined)
  // The last word does not reach one of them.
  const kept = behind.disk.backup()
  await tidy(1)
  await world.run(1000)
  world.kill(behind)
  behind.disk.restore(kept)
  world.boot(behind)
  await world.until(() => world.nodes.size === 4)
  await world.run(1000)
  assert.deepEqual(registers(), [1, 0, 0])
  await tidy(0)
  await world.run(1000)
  assert.deepEqual(registers(), [0, 0, 0])
  assert.equal(await read(keyOf(0), 0), undefined)
  await write(keyOf(0))
})

test('the voters look by themselves', async () => {
  const { world, remove, registers, write, store, soon } = await withSessions(3, 'by themselves')
  await remove(keyOf(0))
  // A write that is refused leaves promises for a register that nobody has.
  assert.equal(await world.settle(store.write('shard/9', bytes('x'), 'f'.repeat(24), soon())), 'conflict')
  await world.run(500)
  assert.deepEqual(registers(), [4, 4, 4])
  await world.run(21 * 60_000)
  assert.deepEqual(registers(), [2, 2, 2])
  await write('shard/9')
})

test('a damaged vote of one voter is mended when it looks, and counts again', async () => {
  const { world, read, tidy } = await withSessions(2, 'mended')
  const [damaged, other] = world.voting
  assert.ok(damaged !== undefined && other !== undefined)
  const { disk } = world.node(0).ports
  const key = Uint8Array.of(0x6c, 0x76, ...bytes(keyOf(0)))
  await world.settle(disk.write([{ type: 'put', key, value: bytes('junk') }]))
  await tidy(0)
  await world.run(1000)
  world.kill(other)
  await world.run(1000)
  assert.equal(new TextDecoder().decode((await read(keyOf(0)))?.value), keyOf(0))
})

// ---- one voter ------------------------------------------------------------------------------------------------------------

const id = (digit: string) => digit.repeat(24)
const listId = 'ab'.repeat(8)
const ballot = (counter: number): Ballot => ({ counter, proposer: id('a') })
const value = (counter: number) => ({ ballot: ballot(counter), version: id('e'), value: Uint8Array.of(1) })
const removal = (counter: number) => ({ ballot: ballot(counter), version: removedVersion, value: new Uint8Array(0) })

async function aVoter() {
  const world = new SimulatedWorld({ seed: 1 })
  const ports = world.machine('one').boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'one', shards: 1, protocol: 3 }
  })
  const settle = <T>(promise: Promise<T>) => settled(world.time, promise)
  await settle(ports.disk.open())
  const failures: unknown[] = []
  const open = async () => {
    const disk = await settle(VotersDisk.open(ports.disk, ports.random))
    failures.length = 0
    const failed = (error: unknown) => void failures.push(error)
    const parts = { disk, logger: silentLogger, metrics: noMetrics, listId, mayBegin: () => true, failed }
    return { disk, voter: new Voter(parts) }
  }
  let { disk, voter } = await open()
  const ask = async (...asked: Ask[]): Promise<string[]> => {
    const replies: Reply[] = []
    for (const what of asked)
      voter.receive('asker', { number: 1, voter: disk.id, listId, ...what }, reply => replies.push(reply))
    await world.time.run({ untilMs: world.time.nowMs + 100 })
    return replies.map(it => (it.kind === 'registers' ? `${it.registers.length}` : it.kind))
  }
  const restart = async () => {
    ;({ disk, voter } = await open())
  }
  return { ask, restart, settle, ports, failures, disk: () => disk, voter: () => voter, world }
}

test('a voter forgets a removal, and none of its promises: not in the same batch, not after a restart', async () => {
  const it = await aVoter()
  const key = 'session/61'
  await it.ask({ kind: 'accept', key, accepted: removal(5) }, { kind: 'promise', key, ballot: ballot(7) })
  const late: Ask[] = [
    { kind: 'accept', key, accepted: value(3) },
    { kind: 'accept', key, accepted: removal(7) },
    { kind: 'promise', key, ballot: ballot(7) },
    { kind: 'accept', key: 'session/62', accepted: value(7) }
  ]
  const refusals = ['refused', 'refused', 'refused', 'refused']
  // The first one is answered by itself; the others wait for it and are one batch.
  const told = await it.ask({ kind: 'look', key }, { kind: 'forget', key, ballot: ballot(7) }, ...late)
  assert.deepEqual(told, ['1', '0', ...refusals])
  assert.equal(it.disk().count, 0)
  await it.restart()
  assert.deepEqual([it.disk().floor, it.disk().count], [ballot(7), 0])
  assert.deepEqual(await it.ask(...late), refusals)
  assert.deepEqual(await it.ask({ kind: 'promise', key, ballot: ballot(8) }), ['0'])
})

test('a voter forgets nothing that has a value, nothing under a ballot below its promise, and no damaged vote', async () => {
  const it = await aVoter()
  await it.ask(
    { kind: 'accept', key: 'session/61', accepted: value(3) },
    { kind: 'accept', key: 'session/62', accepted: removal(3) },
    { kind: 'promise', key: 'session/62', ballot: ballot(6) }
  )
  const told = await it.ask(
    { kind: 'forget', key: 'session/61', ballot: ballot(4) },
    { kind: 'forget', key: 'session/62', ballot: ballot(5) },
    { kind: 'forget', key: 'session/63', ballot: ballot(2 ** 40) }
  )
  assert.deepEqual(told, ['problem', 'refused', '0'])
  assert.deepEqual([it.disk().count, it.disk().floor.counter], [2, 0])
})

test('a ballot that was promised and came to nothing is kept in the floor; one that did is let be', async () => {
  const it = await aVoter()
  await it.ask(
    { kind: 'promise', key: 'shard/1', ballot: ballot(4) },
    { kind: 'promise', key: 'shard/2', ballot: ballot(9) },
    { kind: 'promise', key: 'shard/3', ballot: ballot(2) }
  )
  const { promised, removed } = await it.settle(it.disk().leftovers(10))
  assert.deepEqual([promised.length, removed], [3, []])
  // Meanwhile one of them has come to a value, one to a removal, under the very ballot.
  await it.ask(
    { kind: 'accept', key: 'shard/2', accepted: value(9) },
    { kind: 'accept', key: 'shard/3', accepted: removal(2) }
  )
  it.voter().forgetPromises(promised)
  await it.world.time.run({ untilMs: it.world.time.nowMs + 100 })
  assert.deepEqual([it.disk().count, it.disk().floor], [2, ballot(4)])
  assert.deepEqual(await it.ask({ kind: 'promise', key: 'shard/1', ballot: ballot(4) }), ['refused'])
  assert.deepEqual((await it.settle(it.disk().leftovers(10))).removed, ['shard/3'])
})

test('a voter whose registers are all forgotten votes in no other list', async () => {
  const it = await aVoter()
  await it.settle(it.disk().voteIn('one list'))
  await it.ask({ kind: 'accept', key: 'session/61', accepted: removal(5) })
  await it.ask({ kind: 'forget', key: 'session/61', ballot: ballot(5) })
  await it.restart()
  assert.equal(it.disk().count, 0)
  await assert.rejects(
    it.settle(it.disk().voteIn('another list')),
    error => isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION'
  )
})

test('a disk that shows an older floor beside the last one votes under its id no more', async () => {
  for (const at of [0, 1]) {
    const it = await aVoter()
    const key = 'session/61'
    await it.ask({ kind: 'accept', key, accepted: removal(5) })
    const place = metaKeys(voterNote)[at]
    const older = place && it.ports.disk.get(place)
    assert.ok(place !== undefined && older !== undefined)
    await it.ask({ kind: 'forget', key, ballot: ballot(5) })
    const { id: before } = it.disk()
    // Both are the same: an honest start.
    await it.settle(mendMeta(it.ports.disk, silentLogger))
    await it.restart()
    assert.deepEqual([it.disk().id, it.disk().floor], [before, ballot(5)])
    await it.settle(it.ports.disk.write([{ type: 'put', key: place, value: older }]))
    await it.settle(mendMeta(it.ports.disk, silentLogger))
    await it.restart()
    assert.notEqual(it.disk().id, before)
  }
})

test('a vote under a name that no register has is asked about nowhere, ends the voter, and its disk votes no more', async () => {
  const it = await aVoter()
  await it.ask({ kind: 'accept', key: 'session/61', accepted: value(3) })
  const { id: before } = it.disk()
  for (const name of [bytes('session/6Q'), Uint8Array.of(...bytes('session/6'), 0xff)]) {
    const key = Uint8Array.of(0x6c, 0x76, ...name)
    await it.settle(it.ports.disk.write([{ type: 'put', key, value: bytes('junk') }]))
    assert.deepEqual(await it.settle(it.disk().leftovers(10)), { removed: [], promised: [], damaged: [] })
    assert.deepEqual(await it.ask({ kind: 'list', prefix: 'session/', after: '' }), [])
    assert.equal(it.failures.length, 1)
    await it.restart()
    assert.notEqual(it.disk().id, before)
    assert.equal(it.disk().count, 0)
  }
})
