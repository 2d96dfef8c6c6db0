/**
 * What every lease store promises, as a list of claims: one suite for all of them (`conformance.ts`), and for the deliberate mistakes
 * that it must find (`memory.test.ts`).
 */
import assert from 'node:assert/strict'
import type { Clock } from '../../../src/ports/clock.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import {
  type LeaseStore,
  maxRegisterBytes,
  maxRegisterKeyLength,
  type Register,
  type WriteOutcome
} from '../../../src/ports/lease-store.ts'
import { type Call, whatIsWrong } from './register-history.ts'
import type { Trouble } from './trouble.ts'

/** One client of the store, and what can come between them. */
export interface Client {
  readonly store: LeaseStore
  readonly trouble: Trouble
}

/** A store that begins empty. */
export interface StoreWorld {
  /** What the stores' deadlines count on. */
  readonly clock: Clock
  /** Time in which the store answers anything, on a busy machine, in milliseconds. */
  readonly patienceMs: number
  /** How many registers a listing is tried with. */
  readonly manyRegisters: number
  client(cluster?: string): Promise<Client>
  /** The store is part of one cluster, and all clients are of that one. */
  readonly isOneCluster?: true
  /** Puts something into the register that Shoal cannot have written. Without it no outsider can reach the registers. */
  spoil?(key: string): Promise<void>
  dispose(): Promise<void>
}

export interface Claim {
  readonly title: string
  prove(world: StoreWorld): Promise<void>
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const bytes = (text: string) => encoder.encode(text)
const textOf = (register: Register | undefined) => register && decoder.decode(register.value)

export const claims: readonly Claim[] = [
  {
    title: 'a register that was never written is not there, and what is written is read, byte for byte',
    async prove(world) {
      const { store } = await world.client()
      assert.equal(await store.read('session/a', soon(world)), undefined)
      assert.deepEqual(await store.list('', soon(world)), [])
      const values = [
        new Uint8Array(0),
        Uint8Array.from({ length: 256 }, (_, i) => i),
        new Uint8Array(maxRegisterBytes).fill(255)
      ]
      for (const [i, value] of values.entries()) {
        const key = `session/${i}`
        const version = await written(world, store, key, value, undefined)
        const register = await store.read(key, soon(world))
        assert.deepEqual(register && { ...register, value: [...register.value] }, { key, value: [...value], version })
      }
    }
  },
  {
    title: 'a write on another version than the present one is a conflict and changes nothing',
    async prove(world) {
      const { store } = await world.client()
      const write = (text: string, expected: string | undefined) =>
        store.write('shard/1', bytes(text), expected, soon(world))
      assert.equal(await write('never', 'no-such-version'), 'conflict')
      const first = await written(world, store, 'shard/1', bytes('same'), undefined)
      assert.equal(await write('again', undefined), 'conflict')
      const second = await written(world, store, 'shard/1', bytes('other'), first)
      const third = await written(world, store, 'shard/1', bytes('same'), second)
      // What is on its way on the version before is void then, though nothing seems to have changed.
      const fourth = await written(world, store, 'shard/1', bytes('same'), third)
      assert.equal(new Set([first, second, third, fourth]).size, 4)
      for (const old of [
        undefined,
        first,
        second,
        third,
        '',
        '0',
        'x',
        'no-such-version',
        '-1',
        '1e3',
        'ü',
        '9'.repeat(400)
      ])
        assert.equal(await write('late', old), 'conflict', `on version ${old}`)
      assert.equal(textOf(await store.read('shard/1', soon(world))), 'same')
    }
  },
  {
    title: 'of clients that write on one version at once exactly one wins, and all read what it wrote',
    async prove(world) {
      const clients = await Promise.all([world.client(), world.client(), world.client()])
      let expected: string | undefined
      for (let round = 0; round < 15; round++) {
        const outcomes = await Promise.all(
          clients.map(({ store }, i) =>
            orUnknown(store.write('shard/1', bytes(`${round} of ${i}`), expected, soon(world)))
          )
        )
        const winners = outcomes.flatMap((outcome, i) => (typeof outcome === 'object' ? [i] : []))
        assert.ok(winners.length <= 1, `round ${round}: ${winners.length} won`)
        const written = textOf(await clients[0]?.store.read('shard/1', soon(world)))
        const writer = Number(written?.split(' ').at(-1))
        assert.equal(written, `${round} of ${writer}`)
        assert.ok(writer === (winners[0] ?? writer) && outcomes[writer] !== 'conflict', written)
        for (const { store } of clients) {
          const register = await store.read('shard/1', soon(world))
          assert.equal(textOf(register), written)
          expected = register?.version
        }
      }
    }
  },
  {
    title: 'of what many clients add to one register nothing is lost and nothing doubled',
    async prove(world) {
      const clients = await Promise.all([world.client(), world.client(), world.client(), world.client()])
      const added = async ({ store }: Client, mark: string) => {
        for (;;) {
          const register = await store.read('shard/1', soon(world))
          const marks = textOf(register)?.split(' ') ?? []
          // Of an outcome that nobody knew it is known now.
          if (marks.includes(mark)) return
          const value = bytes([...marks, mark].join(' '))
          const outcome = await orUnknown(store.write('shard/1', value, register?.version, soon(world)))
          if (typeof outcome === 'object') return
        }
      }
      const marks = clients.map((_, i) => Array.from({ length: 8 }, (__, n) => `${i}:${n}`))
      await Promise.all(
        clients.map(async (client, i) => {
          for (const mark of marks[i] ?? []) await added(client, mark)
        })
      )
      const [any] = clients
      const found = textOf(await any?.store.read('shard/1', soon(world)))?.split(' ')
      assert.deepEqual(found?.sort(), marks.flat().sort())
    }
  },
  {
    title: 'registers do not touch each other, nor do clusters, and what a prefix lists begins with it',
    async prove(world) {
      const { store } = await world.client('orchard')
      const other = world.isOneCluster === true ? undefined : (await world.client('Orchard 2 – Überlingen')).store
      const longest = `a${'-a'.repeat((maxRegisterKeyLength - 2) / 2)}b`
      assert.equal(longest.length, maxRegisterKeyLength)
      const keys = ['a/b', 'a/bc', 'a/b/c', 'ab/c', 'a-b/c', 'a', 'a/1', longest]
      for (const key of keys) await written(world, store, key, bytes(key), undefined)
      if (other !== undefined) await written(world, other, 'a/b', bytes('elsewhere'), undefined)
      for (const key of keys) assert.equal(textOf(await store.read(key, soon(world))), key)
      for (const prefix of ['', 'a/', 'a/b/', 'ab/', 'b/', 'a/b/c/']) {
        const listed = await store.list(prefix, soon(world))
        const fitting = keys.filter(key => key.startsWith(prefix))
        assert.deepEqual(listed.map(({ key }) => key).sort(), fitting.sort(), `below ${prefix}`)
        for (const register of listed) assert.equal(textOf(register), register.key)
      }
      assert.equal((await other?.list('', soon(world)))?.length ?? 1, 1)
    }
  },
  {
    title: 'a list has every register, with all that was written before it, and versions that can be written on',
    async prove(world) {
      const [one, two] = await Promise.all([world.client(), world.client()])
      const keys = Array.from({ length: world.manyRegisters }, (_, i) => `shard/${i}`)
      await eachOf(keys, 16, async key => void (await written(world, one.store, key, bytes(key), undefined)))
      const listed = await two.store.list('shard/', soon(world))
      assert.deepEqual(listed.map(({ key }) => key).sort(), [...keys].sort())
      for (const register of listed.slice(0, 20)) {
        assert.equal(textOf(register), register.key)
        await written(world, two.store, register.key, bytes('newer'), register.version)
        const again = await one.store.list('shard/', soon(world))
        assert.equal(textOf(again.find(({ key }) => key === register.key)), 'newer')
      }
    }
  },
  {
    title: 'a register that was removed is as one that was never written, and none is removed under another version',
    async prove(world) {
      const [one, two] = await Promise.all([world.client(), world.client()])
      const first = await written(world, one.store, 'session/1', bytes('first'), undefined)
      const version = await written(world, one.store, 'session/1', bytes('second'), first)
      await written(world, one.store, 'session/2', bytes('other'), undefined)
      for (const wrong of [first, '', '0', 'x', '-1', '1e3', 'ü', '0'.repeat(24), '9'.repeat(400)])
        await one.store.remove('session/1', wrong, soon(world))
      assert.equal(textOf(await two.store.read('session/1', soon(world))), 'second')
      await one.store.remove('session/1', version, soon(world))
      for (const { store } of [one, two]) {
        assert.equal(await store.read('session/1', soon(world)), undefined)
        const listed = await store.list('session/', soon(world))
        assert.deepEqual(
          listed.map(({ key }) => key),
          ['session/2']
        )
        assert.equal(await store.write('session/1', bytes('late'), version, soon(world)), 'conflict')
      }
      for (const key of ['session/1', 'session/3']) await two.store.remove(key, version, soon(world))
      const anew = await written(world, two.store, 'session/1', bytes('anew'), undefined)
      assert.ok(anew !== version && anew !== first)
      await one.store.remove('session/1', version, soon(world))
      assert.equal(await one.store.write('session/1', bytes('again'), undefined, soon(world)), 'conflict')
      assert.equal(textOf(await one.store.read('session/1', soon(world))), 'anew')
    }
  },
  {
    title: 'of a removal and a write on one version one takes place, and a list of a few has no more',
    async prove(world) {
      const [one, two] = await Promise.all([world.client(), world.client()])
      for (let round = 0; round < 10; round++) {
        const key = `session/${round}`
        const version = await written(world, one.store, key, bytes('first'), undefined)
        const writing = orUnknown(two.store.write(key, bytes('second'), version, soon(world)))
        await one.store.remove(key, version, soon(world))
        const outcome = await writing
        const text = textOf(await one.store.read(key, soon(world)))
        if (outcome === 'conflict') assert.equal(text, undefined)
        else if (outcome !== 'unknown') assert.equal(text, 'second')
        const last = await one.store.read(key, soon(world))
        if (last === undefined) await written(world, one.store, key, bytes('third'), undefined)
      }
      const listed = await two.store.list('session/', soon(world), 4)
      assert.equal(listed.length, 4)
      assert.equal(new Set(listed.map(({ key }) => key)).size, 4)
    }
  },
  {
    title: 'what clients see of a register is linearizable, also while the store goes away and comes back',
    prove: async world => assert.equal(whatIsWrong(await troubledHistory(world)), undefined)
  },
  {
    title: 'a store that is away is a typed, retryable error by the deadline, and is found again by itself',
    async prove(world) {
      const { store, trouble } = await world.client()
      const version = await written(world, store, 'shard/1', bytes('before'), undefined)
      for (const kind of ['cut', 'stall', 'mute'] as const) {
        trouble[kind]()
        const deadlineMs = world.clock.elapsed() + 200
        await Promise.all([
          failsBy(world, deadlineMs, store.read('shard/1', deadlineMs)),
          failsBy(world, deadlineMs, store.list('', deadlineMs)),
          failsBy(world, deadlineMs, store.write('shard/2', bytes('x'), version, deadlineMs)),
          failsBy(world, deadlineMs, store.remove('shard/2', version, deadlineMs))
        ])
        trouble.heal()
        const found = await patiently(world, () => store.read('shard/1', world.clock.elapsed() + 1000))
        assert.deepEqual([textOf(found), found?.version], ['before', version], `after ${kind}`)
      }
    }
  },
  {
    title: 'of a write whose answer is lost the caller learns by reading, and can write on what it read',
    async prove(world) {
      const [one, two] = await Promise.all([world.client(), world.client()])
      let version = await written(world, one.store, 'shard/1', bytes('0'), undefined)
      for (let round = 1; round <= 4; round++) {
        one.trouble.mute()
        const isCut = round % 2 === 0
        const deadlineMs = world.clock.elapsed() + (isCut ? world.patienceMs : 200)
        const write = one.store.write('shard/1', bytes(`lost ${round}`), version, deadlineMs)
        await Promise.all([
          failsBy(world, deadlineMs, write),
          passed(world, isCut ? 50 : 250).then(() => one.trouble.cut())
        ])
        one.trouble.heal()
        const register = await two.store.read('shard/1', soon(world))
        assert.ok([`lost ${round}`, String(round - 1)].includes(textOf(register) ?? ''))
        const outcome = await patiently(world, () =>
          one.store.write('shard/1', bytes(String(round)), register?.version, world.clock.elapsed() + 1000)
        )
        const after = await two.store.read('shard/1', soon(world))
        // It may itself have been tried twice; then the first try was the one that won.
        assert.equal(textOf(after), String(round), `the outcome was ${JSON.stringify(outcome)}`)
        version = after?.version ?? ''
      }
    }
  },
  {
    title: 'a write that arrives late does not go over a newer one',
    async prove(world) {
      const [slow, quick] = await Promise.all([world.client(), world.client()])
      const version = await written(world, quick.store, 'shard/1', bytes('old'), undefined)
      assert.equal(textOf(await slow.store.read('shard/1', soon(world))), 'old')
      slow.trouble.stall()
      const deadlineMs = world.clock.elapsed() + 200
      await failsBy(world, deadlineMs, slow.store.write('shard/1', bytes('late'), version, deadlineMs))
      await written(world, quick.store, 'shard/1', bytes('new'), version)
      slow.trouble.heal()
      for (let look = 0; look < 10; look++) {
        assert.equal(textOf(await quick.store.read('shard/1', soon(world))), 'new')
        await passed(world, 20)
      }
    }
  },
  {
    title: 'calls in flight are limited, and those that were given up make room again',
    async prove(world) {
      const { store, trouble } = await world.client()
      await written(world, store, 'shard/1', bytes('x'), undefined)
      trouble.stall()
      const deadlineMs = world.clock.elapsed() + 300
      const calls = Array.from({ length: 500 }, () => store.read('shard/1', deadlineMs))
      const errors = await Promise.all(calls.map(call => failsBy(world, deadlineMs, call)))
      const refused = errors.filter(error => /in flight/.test(error.message)).length
      assert.ok(refused >= 300, `${refused} of 500 were refused`)
      trouble.heal()
      await patiently(world, () => store.read('shard/1', world.clock.elapsed() + 1000))
    }
  },
  {
    title: 'a call whose deadline has passed fails at once and does nothing',
    async prove(world) {
      const { store } = await world.client()
      const nowMs = world.clock.elapsed()
      await failsBy(world, nowMs, store.write('shard/1', bytes('x'), undefined, nowMs))
      await failsBy(world, nowMs, store.read('shard/1', nowMs - 1000))
      await assert.rejects(store.read('shard/1', Number.NaN), TypeError)
      assert.equal(await store.read('shard/1', soon(world)), undefined)
    }
  },
  {
    title: 'close ends at once, also when the store is silent, and ends what is in flight',
    async prove(world) {
      const { store, trouble } = await world.client()
      await written(world, store, 'shard/1', bytes('x'), undefined)
      trouble.stall()
      const calls = Array.from({ length: 20 }, () => store.read('shard/1', soon(world)))
      const ended = Promise.all(calls.map(call => assert.rejects(call, isStopped)))
      await passed(world, 50)
      const beganMs = world.clock.elapsed()
      await Promise.all([store.close(), store.close()])
      await ended
      const tookMs = world.clock.elapsed() - beganMs
      assert.ok(tookMs < world.patienceMs / 2, `it took ${tookMs} ms`)
      await assert.rejects(store.read('shard/1', soon(world)), isStopped)
      await assert.rejects(store.write('shard/1', bytes('x'), undefined, soon(world)), isStopped)
      await assert.rejects(store.list('', soon(world)), isStopped)
    }
  },
  {
    title: 'a key or a value that may not be is a TypeError',
    async prove(world) {
      const { store } = await world.client()
      const bad = ['', '/', 'a/', '/a', 'a//b', 'A', 'a.b', 'a_b', 'ü', 'a b', '-a', 'a-', 'a/-b', "a'", 'a%', `a\0`]
      for (const key of [...bad, 'a'.repeat(maxRegisterKeyLength + 1)]) {
        await assert.rejects(store.read(key, soon(world)), TypeError, key)
        await assert.rejects(store.write(key, bytes('x'), undefined, soon(world)), TypeError, key)
      }
      for (const prefix of ['a', '/', 'A/', 'a//']) await assert.rejects(store.list(prefix, soon(world)), TypeError)
      const long = new Uint8Array(maxRegisterBytes + 1)
      await assert.rejects(store.write('a', long, undefined, soon(world)), TypeError)
    }
  },
  {
    title: 'what Shoal cannot have written is an error that says where, and other registers can be read',
    async prove(world) {
      if (world.spoil === undefined) return
      const { store } = await world.client()
      for (const key of ['shard/1', 'shard/2', 'session/1']) await written(world, store, key, bytes('x'), undefined)
      await world.spoil('shard/1')
      const isSpoilt = (error: unknown) =>
        isShoalError(error) && error.code === 'SHOAL_LEASE_STORE' && !error.retryable && /shard.1/.test(error.message)
      await assert.rejects(store.read('shard/1', soon(world)), isSpoilt)
      await assert.rejects(store.list('shard/', soon(world)), isSpoilt)
      assert.equal(textOf(await store.read('shard/2', soon(world))), 'x')
      assert.equal((await store.list('session/', soon(world))).length, 1)
      assert.equal(await store.write('shard/1', bytes('y'), undefined, soon(world)), 'conflict')
    }
  }
]

// ---- how it is tried ------------------------------------------------------------------------------------------------------

/** A deadline that only a store that does not answer misses. */
function soon(world: StoreWorld): number {
  return world.clock.elapsed() + world.patienceMs
}

async function written(
  world: StoreWorld,
  store: LeaseStore,
  key: string,
  value: Uint8Array,
  expected: string | undefined
): Promise<string> {
  const outcome = await store.write(key, value, expected, soon(world))
  assert.ok(outcome !== 'conflict', `${key} on ${expected}: conflict`)
  return outcome.version
}

/** Some stores do not always know what became of a write that met others; they may say so. */
async function orUnknown(write: Promise<WriteOutcome>): Promise<WriteOutcome | 'unknown'> {
  try {
    return await write
  } catch (error) {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_LEASE_STORE' && error.retryable, String(error))
    return 'unknown'
  }
}

/** That the call fails as a store does that is away, and by its deadline: a busy machine is given some time. */
async function failsBy(world: StoreWorld, deadlineMs: number, call: Promise<unknown>): Promise<Error> {
  try {
    await call
  } catch (error) {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_LEASE_STORE' && error.retryable, String(error))
    const lateMs = world.clock.elapsed() - deadlineMs
    assert.ok(lateMs < world.patienceMs / 2, `${lateMs} ms late`)
    return error
  }
  assert.fail('a store that is away answered')
}

/** Calls until the store is found again; a conflict with its own earlier try is an answer, too. */
async function patiently<T>(world: StoreWorld, call: () => Promise<T>): Promise<T> {
  for (const endMs = soon(world); ; ) {
    try {
      return await call()
    } catch (error) {
      if (world.clock.elapsed() > endMs) throw error
      await passed(world, 20)
    }
  }
}

function passed(world: StoreWorld, ms: number): Promise<void> {
  return new Promise(resolve => world.clock.after(ms, resolve))
}

function isStopped(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_STOPPED'
}

async function eachOf<T>(items: readonly T[], atOnce: number, task: (item: T) => Promise<void>): Promise<void> {
  const left = [...items]
  const work = async () => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await task(item)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

/** Four clients read and write one register, while three of them lose the store, each in its own way. */
async function troubledHistory(world: StoreWorld): Promise<Call[]> {
  const clients = await Promise.all([world.client(), world.client(), world.client(), world.client()])
  const calls: Call[] = []
  let moment = 0
  let isOver = false
  const works = clients.map(async ({ store }, client) => {
    let expected: string | undefined
    for (let n = 0; n < 60; n++) {
      const began = ++moment
      // The last has its store all the time, and writes however busy the machine is.
      const deadlineMs = client === 3 ? soon(world) : world.clock.elapsed() + 250
      const isWrite = n % 2 === 1
      const value = `${client}:${n}`
      let answer: WriteOutcome | Register | undefined | 'unknown'
      try {
        answer = isWrite
          ? await store.write('shard/1', bytes(value), expected, deadlineMs)
          : await store.read('shard/1', deadlineMs)
      } catch (error) {
        assert.ok(isShoalError(error) && error.code === 'SHOAL_LEASE_STORE', String(error))
        answer = 'unknown'
        await passed(world, 10)
      }
      const ended = ++moment
      if (isWrite) {
        const outcome = answer === 'unknown' || answer === 'conflict' ? answer : 'done'
        const version = typeof answer === 'object' ? answer.version : undefined
        const end = outcome === 'unknown' ? Number.POSITIVE_INFINITY : ended
        calls.push({ what: 'write', began, ended: end, outcome, value, version, expected })
      } else if (answer !== 'unknown') {
        const register = answer as Register | undefined
        expected = register?.version
        const seen = { value: textOf(register), version: expected }
        calls.push({ what: 'read', began, ended, outcome: 'done', ...seen, expected: undefined })
      }
    }
  })
  const troubling = async () => {
    const kinds = ['cut', 'mute', 'stall'] as const
    for (let n = 0; !isOver; n++) {
      const trouble = clients[n % 3]?.trouble
      await passed(world, 15)
      trouble?.[kinds[(n >> 1) % 3] ?? 'cut']()
      await passed(world, 60)
      trouble?.heal()
    }
  }
  const over = troubling()
  try {
    await Promise.all(works)
  } finally {
    isOver = true
    await over
  }
  // What was on its way arrives, and is seen.
  const [last] = clients
  const began = ++moment
  const register = await patiently(world, () => (last as Client).store.read('shard/1', world.clock.elapsed() + 1000))
  const seen = { value: textOf(register), version: register?.version }
  calls.push({ what: 'read', began, ended: ++moment, outcome: 'done', ...seen, expected: undefined })
  assert.ok(calls.filter(({ what, outcome }) => what === 'write' && outcome === 'done').length > 10)
  return calls
}
