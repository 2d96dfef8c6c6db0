/** The suite itself: a store of a few lines passes, and one with a deliberate mistake does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../../src/adapters/system/clock.ts'
import { claims, type StoreWorld } from './claims.ts'
import { leaseStoreConformance } from './conformance.ts'
import { MemoryRegisters, MemoryStore, type Mistake } from './memory-store.ts'

leaseStoreConformance('memory', async () => memoryWorld())

const mistakes: readonly Mistake[] = [
  'does not compare',
  'compares the value, not the version',
  'reads from a copy that lags',
  'says conflict when it does not know',
  'sends a write again when the answer is lost',
  'lists a part',
  'removes whatever is there',
  'gives a register that was removed its old version again'
]

for (const mistake of mistakes) {
  test(`a store that ${mistake} does not pass`, { timeout: 300_000 }, async t => {
    for (const { title, prove } of claims) {
      const world = memoryWorld(mistake)
      try {
        await prove(world)
      } catch (error) {
        assert.ok(error instanceof Error)
        t.diagnostic(`found by: ${title}: ${error.message.split('\n')[0]}`)
        return
      } finally {
        await world.dispose()
      }
    }
    assert.fail('it passed')
  })
}

function memoryWorld(mistake?: Mistake): StoreWorld {
  const clock = new SystemClock()
  const clusters = new Map<string, MemoryRegisters>()
  const registersOf = (cluster: string) => {
    const registers = clusters.get(cluster) ?? new MemoryRegisters()
    clusters.set(cluster, registers)
    return registers
  }
  return {
    clock,
    patienceMs: 10_000,
    manyRegisters: 2500,
    async client(cluster = 'one') {
      const backend = new MemoryStore(registersOf(cluster), mistake)
      return { store: backend.open(clock), trouble: backend }
    },
    async spoil(key) {
      const { registers } = registersOf('one')
      registers.set(key, { key, value: new Uint8Array(5000), version: 'spoilt' })
    },
    dispose: async () => clock.stop()
  }
}
