/** A lease store that is not the one of a disk, in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identityKey } from '../../../src/cluster/lease/lease-registers.ts'
import { StoreIdentity } from '../../../src/cluster/lease/store-identity.ts'
import type { LeaseStore } from '../../../src/ports/lease-store.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { SimulatedLeaseRegisters } from '../../../src/simulation/lease-store.ts'
import { settled } from '../../../src/simulation/settle.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

test('a store that is not the one of a disk is asked a few times a minute, and is known again when it is', async () => {
  const world = new SimulatedWorld({ seed: 1 })
  const facts = { cluster: 'w', shards: 4, protocol: 3 }
  const ports = world.machine('m').boot({ clusterKey: new Uint8Array(32), facts })
  const { disk, clock } = ports
  const registers = new SimulatedLeaseRegisters(world.time, world.random.fork('registers'))
  const opened = registers.open(ports)
  let calls = 0
  const store: LeaseStore = {
    ...opened,
    read(...of) {
      calls++
      return opened.read(...of)
    }
  }
  let said = 0
  const logger = { ...silentLogger, error: () => void said++ }
  const deadline = () => clock.elapsed() + 1000
  const identity = new StoreIdentity({ store, disk, clock, logger, newId: 'mine', deadline })
  const run = <T>(promise: Promise<T>) => settled(world.time, promise)
  await run(disk.open())
  await run(identity.check())
  const mine = registers.register(identityKey)
  assert.ok(mine !== undefined)
  registers.forget(identityKey)
  calls = 0
  for (let i = 0; i < 600; i++) {
    await assert.rejects(run(identity.check()), { code: 'SHOAL_LEASE_STORE', retryable: false })
    await world.time.run({ untilMs: world.time.nowMs + 100 })
  }
  assert.ok(calls <= 7, `${calls} calls in a minute`)
  assert.equal(said, 1)
  // As it was put back.
  assert.notEqual(await run(opened.write(identityKey, mine.value, undefined, deadline())), 'conflict')
  await world.time.run({ untilMs: world.time.nowMs + 10_000 })
  await run(identity.check())
})
