/** The simulated network keeps the port's promises. (The libp2p one is held to them in test/adapters/.) */
import assert from 'node:assert/strict'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { type NetworkWorld, networkConformance } from './network-conformance.ts'

const facts = { cluster: 'conformance', shards: 64, protocol: 1 }

for (const seed of [1, 2, 3]) networkConformance(`simulated, seed ${seed}`, async () => simulatedNetworks(seed))

function simulatedNetworks(seed: number): NetworkWorld {
  const world = new SimulatedWorld({ seed })
  let count = 0
  return {
    make(options = {}) {
      const admission = {
        clusterKey: options.clusterKey ?? new Uint8Array(32).fill(1),
        facts: { ...facts, ...options.facts }
      }
      return world.machine(`node-${count++}`).boot(admission).network
    },
    async until(condition, deadlineMs) {
      const why = await world.time.run({ condition, untilMs: world.time.nowMs + deadlineMs })
      assert.equal(why, 'condition', `not within ${deadlineMs} ms of simulated time`)
    },
    async dispose() {}
  }
}
