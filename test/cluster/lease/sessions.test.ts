/** For how long a node may count on its session. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Sessions } from '../../../src/cluster/lease/sessions.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

const leaseMs = 1000
const clockRateError = 0.01
const validMs = leaseMs * (1 - clockRateError)

/** A node whose session has begun, and the moments when it asked for its beats. */
async function begun(seed: number) {
  const world = new SimulatedWorld({ seed })
  const machine = world.machine('node')
  const facts = { cluster: 'sessions', shards: 1, protocol: 3 }
  const { clock, process } = machine.boot({ clusterKey: new Uint8Array(32), facts })
  const registers = new SimulatedLeaseRegisters(world.time, world.random.fork('registers'))
  const opened = registers.open({ clock, process })
  const askedMs: number[] = []
  const write: typeof opened.write = (...args) => {
    askedMs.push(world.time.nowMs)
    return opened.write(...args)
  }
  const store = { ...opened, write }
  const parts = {
    store,
    clock,
    logger: silentLogger,
    self: 'node',
    incarnation: 'i',
    mayBegin: async () => {},
    lost() {}
  }
  const sessions = new Sessions(parts, { leaseMs, clockRateError })
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  const until = (condition: () => boolean) => world.time.run({ condition, untilMs: world.time.nowMs + 10_000 })
  sessions.start()
  await until(() => sessions.isValid())
  /** When it is valid no more, to a millisecond. */
  const over = async () => {
    while (sessions.isValid()) await run(1)
    return world.time.nowMs
  }
  return { machine, registers, sessions, askedMs, run, until, over }
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: however late the store answers a beat, it counts from when it was asked for`, async () => {
    const { registers, askedMs, until, over } = await begun(seed)
    registers.conditions.latencyMs = { min: 150, max: 160 }
    const { length } = askedMs
    await until(() => askedMs.length >= length + 3)
    registers.conditions.isDown = true
    // The last one gets nowhere.
    const beat = askedMs.at(-2) ?? assert.fail()
    const overMs = (await over()) - beat
    assert.ok(Math.abs(overMs - validMs) <= 2, `over after ${overMs} ms of ${validMs}`)
  })

  test(`seed ${seed}: a wall clock that is set makes a session neither longer nor shorter`, async () => {
    for (const byMs of [-60_000, 60_000]) {
      const { machine, registers, sessions, askedMs, run, over } = await begun(seed)
      machine.wall.jump(byMs)
      await run(2 * leaseMs)
      assert.ok(sessions.isValid())
      machine.wall.jump(byMs)
      registers.conditions.isDown = true
      const beat = askedMs.at(-1) ?? assert.fail()
      const overMs = (await over()) - beat
      assert.ok(Math.abs(overMs - validMs) <= 2, `over after ${overMs} ms of ${validMs}`)
    }
  })
}
