/**
 * Holds a test cluster to what must be so of its lease shards: after every event lease-judge.ts looks at disks and registers, and the first fault that
 * it finds ends the run. The cluster must not be started yet.
 */
import type { TestCluster } from 'shoal/testing'
import { decodeHead, headKey } from '../../../src/cluster/lease/lease-layout.ts'
import { lookUp, orderOf } from '../../../src/simulation/sorted-store.ts'
import { hearClaims } from './heard-claims.ts'
import { LeaseJudge } from './lease-judge.ts'

export class JudgedCluster {
  readonly #cluster: TestCluster
  readonly #shards: number

  /** `shards`: of the cluster. */
  constructor(cluster: TestCluster, shards: number) {
    this.#cluster = cluster
    this.#shards = shards
    const { world, leaseStore } = cluster
    const machines = world.machines()
    const faults: string[] = []
    const judge = new LeaseJudge({
      ...{ machines, shards, nowMs: () => world.time.nowMs },
      register: key => leaseStore.register(key),
      // Of shipping nodes only they themselves know.
      holders: () => undefined,
      fault: why => faults.push(why)
    })
    const run = world.time.run.bind(world.time)
    world.time.run = until =>
      run({
        ...until,
        condition: () => {
          judge.look()
          if (faults.length > 0) throw new Error(faults[0])
          return until.condition?.() ?? false
        }
      })
    for (const machine of machines) {
      const boot = machine.boot.bind(machine)
      machine.boot = admission => {
        const ports = boot(admission)
        hearClaims(ports.network, shards, message => judge.says(ports.network.self, message))
        return ports
      }
    }
  }

  /** So many were promised, of all shards together, as the disks have it. */
  epochs(): number {
    let epochs = 0
    for (let shard = 0; shard < this.#shards; shard++) {
      const heads = this.#cluster.world.machines().flatMap(({ disk }) => {
        const found = lookUp(disk.backup(), orderOf(headKey(shard)))
        return found === undefined ? [] : [decodeHead(shard, found.value).promise]
      })
      epochs += Math.max(0, ...heads)
    }
    return epochs
  }
}
