/**
 * A disk that loses entries of its index, and nothing else, while its process runs: streams pass over actors, and contexts say more than
 * states. What an actor's record proves is believed for all that, so nothing is lost and nothing comes back.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { eachPosition, seqAt } from '../../src/cluster/index-positions.ts'
import { indexKey } from '../../src/cluster/storage-layout.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { Party, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

const names = ['thing/0', 'thing/1', 'thing/2']
const full = { full: true }

async function three(seed: number) {
  const { a, b, wire, world, pull } = await pair(seed)
  const c = new Party(await Replica.boot(world, 'c', 'c.1'), 'c', wire)
  const parties = { a, b, c }
  for (const party of [a, b, c])
    for (const [name, other] of Object.entries(parties)) if (other !== party) party.peers.set(name, other)
  return { parties, world, pull }
}

/** Every entry of the disk's index that names the actor. */
async function loseEntries({ replica }: Party, name: string): Promise<void> {
  const { index } = replica.store.actor(0, name)
  const keys = [...index].map(([origin]) => indexKey(0, origin, seqAt(index, origin)))
  await settle(replica.world, replica.ports.disk.write(keys.map(key => ({ type: 'del', key }))))
}

const party = fc.constantFrom('a', 'b', 'c')
const anyStep = fc.record({
  what: fc.constantFrom('add', 'add', 'remove', 'push', 'lose', 'stream', 'stream', 'compare'),
  by: party,
  to: party,
  name: fc.constantFrom(...names)
})

test('whatever is written, pushed, passed over and compared, all that was added is there, and nothing that was removed', async () => {
  let passed = 0
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(anyStep, { minLength: 5, maxLength: 40 }), async (seed, steps) => {
      const { parties, pull } = await three(seed)
      const added = new Map<string, string>()
      const removed = new Set<string>()
      let count = 0
      for (const { what, by, to, name } of steps) {
        const [here, there] = [parties[by], parties[to]]
        if (what === 'add' || what === 'remove') {
          const tags = here.replica.value(name).tags
          here.replica.write(name, view => {
            if (what === 'add') view.tags.add(`${++count}`)
            else for (const tag of tags) view.tags.remove(tag)
          })
          if (what === 'add') added.set(`${count}`, name)
          else for (const tag of tags) removed.add(tag)
        }
        await here.replica.save()
        if (here === there) continue
        // The last that it wrote: what came before may be lost, or comes later by a stream.
        if (what === 'push') here.replica.pushTo(there.replica, ...here.replica.commits.slice(-1))
        if (what === 'lose') {
          await loseEntries(here, name)
          passed++
        }
        if (what === 'stream') await pull(there, by)
        if (what === 'compare') await pull(there, by, [0], full)
        await there.replica.save()
      }
      const all = Object.entries(parties)
      for (let round = 0; round < 2; round++)
        for (const [, there] of all) for (const [by] of all) if (there.peers.has(by)) await pull(there, by, [0], full)
      for (const [id, { replica }] of all) {
        for (const [tag, name] of added)
          assert.equal(replica.value(name).tags.includes(tag), !removed.has(tag), `${tag} of ${name} at ${id}`)
        assert.deepEqual(replica.store.root(), parties.a.replica.store.root(), `${id} is equal`)
      }
    }),
    { numRuns: 200 }
  )
  assert.ok(passed > 0)
})

test('who was passed over takes the update from its push, and does not say before that it has it', async () => {
  const { parties, pull } = await three(1)
  const { a, b } = parties
  const [name] = names
  assert.ok(name !== undefined)
  // Who lacks most actors is sent them by their names.
  for (let i = 0; i < 9; i++) a.replica.write(`thing/old-${i}`, view => view.sum.add(1))
  await a.replica.save()
  await pull(b, 'a')
  a.replica.commits.length = 0
  a.replica.write(name, view => view.tags.add('tea'))
  await a.replica.save()
  await loseEntries(a, name)
  // Else the two would compare at once.
  b.replica.write('thing/own', view => view.sum.add(1))
  await b.replica.save()
  await pull(b, 'a')
  assert.ok(b.replica.store.context(0).covers(a.replica.store.context(0)), 'it claims what it was not sent')
  assert.deepEqual(b.replica.value(name).tags, [])
  const [update] = a.replica.commits.flatMap(({ updates }) => updates)
  assert.ok(update !== undefined)
  const push = () =>
    b.replica.store.joining.joinBatch(0, 'a.1', update.seqs, [{ ...update, seq: update.seqs.next('a.1') - 1 }])
  assert.deepEqual(push(), { isNew: true, isStored: true, redundantDeltas: 0 })
  assert.deepEqual(b.replica.value(name).tags, ['tea'])
  assert.deepEqual(push(), { isNew: false, isStored: true, redundantDeltas: 1 })
})

test('a removal of what was never here is on disk, also where nothing else of the actor is new', async () => {
  const world = new SimulatedWorld({ seed: 'extra alone' })
  const replica = await Replica.boot(world, 'a', 'a.1')
  const [name] = names
  assert.ok(name !== undefined)
  replica.write(name, view => view.tags.add('tea'))
  await replica.save()
  const { state, index } = replica.store.actor(0, name)
  const removed = CausalContext.empty.with('c.1', 5, 5)
  const told = fragmentOf(state, {
    positions: [...eachPosition(index)],
    held: replica.store.context(0),
    extra: removed
  })
  assert.ok(replica.store.joining.joinActor(0, name, told, senderOf(replica.store.context(0).union(removed))))
  await replica.save()
  world.machine('a').kill()
  const again = await Replica.boot(world, 'a', 'a.2')
  assert.ok(again.store.actor(0, name).extra.covers(removed), 'else what comes late would be alive')
})
