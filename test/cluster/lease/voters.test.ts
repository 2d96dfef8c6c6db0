/** Registers that voters keep: linearizable under every fault that the simulator has, and there again when the faults are over. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from '../../../src/ports/errors.ts'
import type { Register } from '../../../src/ports/lease-store.ts'
import { FaultInjector } from '../../../src/simulation/fault-injector.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { type Call, whatIsWrong } from '../../adapters/lease-stores/register-history.ts'
import { fits } from '../../adapters/lease-stores/register-search.ts'
import { type VotersNode, VotersWorld } from './voters-world.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 20)
const first = Number(process.env['SHOAL_SEED'] ?? 1)
const keys = ['shard/1', 'shard/2'] as const
const faultsMs = 3000
const damages = 6
const encoder = new TextEncoder()
const decoder = new TextDecoder()

interface Told {
  readonly calls: number
  readonly unknown: number
  readonly conflicts: number
  readonly removals: number
  /** Damaged votes that were whole again. */
  readonly mended: number
  readonly recoveredMs: number
}

test(`${seeds} seeds of faults: what clients see of each register is linearizable`, { timeout: 600_000 }, async t => {
  const told: Told[] = []
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      told.push(await troubledRun(seed))
    } catch (error) {
      throw new Error(`seed ${seed}; again with SHOAL_SEED=${seed} SHOAL_SEEDS=1`, { cause: error })
    }
  }
  const sum = (of: (run: Told) => number) => told.reduce((total, run) => total + of(run), 0)
  const slowest = Math.max(...told.map(it => it.recoveredMs))
  t.diagnostic(
    `${sum(r => r.calls)} calls, ${sum(r => r.conflicts)} conflicts, ${sum(r => r.removals)} removals, ${sum(r => r.mended)} mended, ${sum(r => r.unknown)} unknown`
  )
  t.diagnostic(`all registers read at all nodes at most ${slowest} virtual ms after the faults`)
  assert.ok(
    seeds < 20 ||
      (sum(r => r.unknown) > 0 && sum(r => r.conflicts) > 0 && sum(r => r.removals) > 0 && sum(r => r.mended) > 0)
  )
})

async function troubledRun(seed: number): Promise<Told> {
  const random = new SeededRandom(`voters/${seed}`)
  const histories = new Map(keys.map(key => [key, [] as Call[]]))
  let moment = 0
  let isOver = false
  let number = 0
  // Without removals the order of the writes is known, and the judge needs no search.
  const removes = seed % 2 === 0

  /** One after the other, as long as the process lives. What was in flight when it died nobody knows. */
  const client = async ({ ports: { clock }, store }: VotersNode) => {
    const versions = new Map<string, string | undefined>()
    while (!isOver) {
      const key = keys[random.below(keys.length)] ?? keys[0]
      const calls = histories.get(key) ?? []
      const began = ++moment
      const value = `${++number}`
      // Longer than voters are waited for, so that a lost answer leads to another try.
      const deadlineMs = clock.elapsed() + random.between(5, random.chance(0.3) ? 4000 : 500)
      const isWrite = random.chance(0.6)
      const expected = versions.get(key)
      const isRemoval = removes && isWrite && expected !== undefined && random.chance(0.3)
      const at = calls.length
      const unknown = { began, ended: Number.POSITIVE_INFINITY, outcome: 'unknown', version: undefined } as const
      if (isRemoval) calls.push({ what: 'remove', ...unknown, value: undefined, expected })
      else if (isWrite) calls.push({ what: 'write', ...unknown, value, expected })
      try {
        const answer = isRemoval
          ? await store.remove(key, expected, deadlineMs)
          : isWrite
            ? await store.write(key, encoder.encode(value), expected, deadlineMs)
            : await store.read(key, deadlineMs)
        const ended = ++moment
        if (isRemoval) {
          calls[at] = { ...unknown, what: 'remove', ended, outcome: 'done', value: undefined, expected }
          versions.delete(key)
        } else if (isWrite) {
          const outcome = answer === 'conflict' ? 'conflict' : 'done'
          const version = typeof answer === 'object' ? answer.version : undefined
          calls[at] = { what: 'write', began, ended, outcome, value, version, expected }
          if (version !== undefined) versions.set(key, version)
        } else {
          const register = answer as Register | undefined
          versions.set(key, register?.version)
          calls.push(readCall(began, ended, register))
        }
      } catch (error) {
        assert.ok(isShoalError(error), String(error))
        assert.ok(['SHOAL_LEASE_STORE', 'SHOAL_STOPPED'].includes(error.code), error.message)
      }
      await new Promise<void>(resolve => clock.after(random.between(0, 30), resolve))
    }
  }

  /** Far more often than voters do by themselves. */
  const tidies = async ({ ports: { clock }, voters }: VotersNode) => {
    while (!isOver && voters.isVoter) {
      await new Promise<void>(resolve => clock.after(random.between(10, 200), resolve))
      await voters.tidy()
    }
  }

  let mended = 0
  const spoilt = new Set<string>()
  /** The first voter's vote on the register is spoilt, whatever it was. */
  const damage = async (key: string) => {
    const [machine] = world.voting
    const node = machine && world.nodes.get(machine)
    if (node === undefined || node.ports.process.isDead) return
    const place = Uint8Array.of(0x6c, 0x76, ...encoder.encode(key))
    const bytes = node.ports.disk.get(place)
    if (bytes === undefined) return
    if (spoilt.has(key) && bytes.length > 1) mended++
    spoilt.add(key)
    let isEnded = false
    const end = () => {
      isEnded = true
    }
    node.ports.disk.write([{ type: 'put', key: place, value: Uint8Array.of(1) }]).then(end, end)
    // Of a process that dies meanwhile no write ever ends.
    await world.until(() => isEnded || node.ports.process.isDead)
  }

  const world = await VotersWorld.make({ seed, voters: random.chance(0.5) ? 3 : 5, others: 2 }, node => {
    for (let i = 0; i < 2; i++) void client(node)
    if (removes) void tidies(node)
  })
  const makeFaults = () =>
    new FaultInjector(world.world, {
      machines: world.machines,
      boot: machine => {
        world.nodes.delete(machine)
        world.boot(machine)
      },
      maxDown: random.chance(0.3) ? world.machines.length : world.voting.length >> 1,
      everyMs: { min: 10, max: random.between(20, 300) },
      lastsMs: { min: 20, max: random.between(50, 1500) }
    })
  let faults = makeFaults()
  faults.start()
  await world.run(random.between(0, faultsMs))
  const changes = random.chance(0.5) ? random.between(1, 2) : 0
  for (let change = 0; change < changes; change++) {
    faults.heal()
    const { length } = world.voting
    const giving = random.shuffle([...world.voting]).slice(0, random.between((length >> 1) + 1, length))
    await world.changeVoters(giving, random.shuffle([...world.machines]).slice(0, random.chance(0.5) ? 3 : 5))
    faults = makeFaults()
    faults.start()
    await world.run(random.between(0, faultsMs))
  }
  const [replaced] = world.voting
  const isReplaced = random.chance(0.4) && replaced !== undefined
  if (isReplaced) world.replaceDisk(replaced)
  // Most of the others must have it whole.
  const isDamaged = removes && changes === 0 && !isReplaced
  for (let n = 0; isDamaged && n < damages; n++) {
    await world.run(faultsMs / damages)
    await damage(random.chance(0.5) ? keys[0] : keys[1])
  }
  await world.run(faultsMs)
  faults.heal()
  // A voter whose disk has failed votes again when it has been opened anew.
  const restart = async () => {
    for (const machine of world.machines) world.kill(machine, random.chance(0.5))
    for (const machine of world.machines) world.boot(machine)
    await world.until(() => world.nodes.size === world.machines.length)
  }
  if (isDamaged) await restart()
  for (let n = 0; isDamaged && n < damages; n++) {
    await damage(keys[n % keys.length] ?? keys[0])
    await world.run(1000)
  }
  isOver = true
  await world.run(2000)
  await restart()
  const { time } = world.world
  const healedMs = time.nowMs
  for (const [key, calls] of histories) {
    for (const { store, ports } of world.nodes.values()) {
      const began = ++moment
      const register = await world.settle(store.read(key, ports.clock.elapsed() + 10_000))
      calls.push(readCall(began, ++moment, register))
    }
    const wrong = removes ? undefined : whatIsWrong(calls)
    assert.equal(wrong, undefined, `${key}: ${wrong}`)
    assert.ok(fits(calls), `${key}: no order of the calls explains what they saw`)
  }
  const all = [...histories.values()].flat()
  return {
    calls: all.length,
    unknown: all.filter(({ outcome }) => outcome === 'unknown').length,
    removals: all.filter(({ what, outcome }) => what === 'remove' && outcome === 'done').length,
    conflicts: all.filter(({ outcome }) => outcome === 'conflict').length,
    mended,
    recoveredMs: Math.round(time.nowMs - healedMs)
  }
}

function readCall(began: number, ended: number, register: Register | undefined): Call {
  const value = register && decoder.decode(register.value)
  return { what: 'read', began, ended, outcome: 'done', value, version: register?.version, expected: undefined }
}
