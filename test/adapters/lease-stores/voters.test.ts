/** The registers that nodes of the cluster keep themselves, in a simulated world whose time passes while the suite waits. */
import { setImmediate as turn } from 'node:timers/promises'
import { VotersWorld } from '../../cluster/lease/voters-world.ts'
import type { StoreWorld } from './claims.ts'
import { leaseStoreConformance } from './conformance.ts'

const askers = 5

for (const voters of [3, 5] as const) {
  leaseStoreConformance(`${voters} voters`, () => openWorld(voters))
}

async function openWorld(voters: 3 | 5): Promise<StoreWorld> {
  const world = await VotersWorld.make({ seed: `conformance/${voters}`, voters, others: askers })
  const { fabric, time } = world.world
  const voting = world.voting.map(({ id }) => id)
  let isOver = false
  const passing = (async () => {
    while (!isOver) {
      await world.run(2)
      await turn()
    }
  })()
  let clients = 0
  return {
    clock: {
      now: () => time.nowMs,
      // Of the clients' processes, which began a moment after the world.
      elapsed: () => world.node(voters).ports.clock.elapsed(),
      after: (delayMs, task) => time.schedule(delayMs * 1000, undefined, task),
      soon: task => void time.schedule(0, undefined, task)
    },
    patienceMs: 20_000,
    manyRegisters: 600,
    isOneCluster: true,
    async client() {
      const { store, ports } = world.node(voters + clients++)
      const self = ports.network.self
      const ways = (act: (voter: string) => void) => {
        for (const voter of voting) act(voter)
      }
      return {
        store,
        trouble: {
          cut: () =>
            ways(voter => {
              fabric.cut(self, voter)
              fabric.reset(self, voter)
            }),
          stall: () => ways(voter => fabric.cut(self, voter, { records: 'wait' })),
          mute: () => ways(voter => fabric.cutOneWay(voter, self, { records: 'wait' })),
          heal: () => ways(voter => fabric.heal(self, voter))
        }
      }
    },
    async dispose() {
      isOver = true
      await passing
    }
  }
}
