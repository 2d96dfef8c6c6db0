/** What a machine's disk says of a shard, without asking its node. */
import { shardRecordKey } from '../../../src/cluster/storage-layout.ts'
import { lookUp, orderOf } from '../../../src/simulation/sorted-store.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'

/** The bytes of the shard's record. */
export function shardRecordOn(machine: SimulatedMachine, shard: number): Uint8Array | undefined {
  return lookUp(machine.disk.root, orderOf(shardRecordKey(shard)))?.value
}
