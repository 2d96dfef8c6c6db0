/** Waits for what a majority has: one under way and one that comes next of each actor, however many ask. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Holding, LeasedActor } from '../../src/actors/leased/lease-holding.ts'
import { noRequests } from '../../src/actors/leased/lease-requests.ts'
import { noMail } from '../../src/actors/outbox/outbox-log.ts'
import { AcceptedReads } from '../../src/actors/watches/accepted-reads.ts'

function world() {
  const waits: { readonly name: string; readonly done: PromiseWithResolvers<undefined> }[] = []
  const lease = {
    read(name: string) {
      const done = Promise.withResolvers<undefined>()
      waits.push({ name, done })
      return done.promise
    }
  }
  const holding = {} as Holding
  const actors = new Map<string, LeasedActor>()
  const actor = (name: string, unaccepted: number): LeasedActor => {
    const known = actors.get(name)
    if (known !== undefined) return known
    const record = { revision: 1, held: undefined, requests: noRequests, mail: noMail }
    const accepted = { number: 0, mail: noMail }
    const parts = {
      entries: 0,
      written: noMail,
      accepted,
      saving: undefined,
      pins: 0,
      lastUsedMs: 0,
      isReused: false
    }
    const made = { name, holding, record, unaccepted, ...parts }
    actors.set(name, made)
    return made
  }
  const reads = new AcceptedReads(lease)
  const read = (name: string, unaccepted = 1) => reads.read(name, () => actor(name, unaccepted))
  const writes = (name: string) => {
    const one = actor(name, 0)
    one.record = { ...one.record, revision: one.record.revision + 1 }
  }
  return { waits, read, writes }
}

test('who asks while a wait is under way is given what comes after it, and shares that with all who ask', async () => {
  const { waits, read, writes } = world()
  const first = read('k/a')
  await setImmediate()
  writes('k/a')
  const others = Array.from({ length: 100 }, () => read('k/a'))
  await setImmediate()
  assert.equal(waits.length, 1)
  waits[0]?.done.resolve(undefined)
  assert.equal((await first).revision, 1, 'what is newer may not be accepted yet')
  await setImmediate()
  assert.equal(waits.length, 2)
  waits[1]?.done.resolve(undefined)
  for (const { revision } of await Promise.all(others)) assert.equal(revision, 2)
})

test('what is accepted is waited for no more, and a wait that failed keeps nobody from the next', async () => {
  const { waits, read } = world()
  assert.equal((await read('k/b', 0)).revision, 1)
  assert.equal(waits.length, 0)
  const [first, second] = [read('k/a'), read('k/a')]
  await setImmediate()
  const third = read('k/a')
  waits[0]?.done.reject(new Error('the lease is over'))
  await assert.rejects(first)
  await assert.rejects(second)
  await setImmediate()
  waits[1]?.done.resolve(undefined)
  assert.equal((await third).revision, 1)
})

test('so many actors of a shard are waited for at once, and calls have the rest of the room', async () => {
  const { waits, read } = world()
  const all = Array.from({ length: 1000 }, (_, i) => read(`k/${i}`))
  await setImmediate()
  assert.equal(waits.length, 256)
  let accepted: number | undefined
  void read('k/accepted', 0).then(({ revision }) => {
    accepted = revision
  })
  await setImmediate()
  assert.equal(accepted, 1, 'who is in nobody’s way stands in no line')
  for (let i = 0; i < 1000; i++) {
    waits[i]?.done.resolve(undefined)
    await setImmediate()
    assert.ok(waits.length <= i + 257)
  }
  assert.equal((await Promise.all(all)).length, 1000)
})
