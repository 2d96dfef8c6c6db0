/** What a machine's disk says of a shard, without asking its node. */
import { decodeShardRecord, shardRecordKey } from '../../../src/cluster/storage-layout.ts'
import type { CausalContext } from '../../../src/crdt/index.ts'
import { lookUp, orderOf } from '../../../src/simulation/sorted-store.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'

/** The bytes of the shard's record. */
export function shardRecordOn(machine: SimulatedMachine, shard: number): Uint8Array | undefined {
  return lookUp(machine.disk.root, orderOf(shardRecordKey(shard)))?.value
}

/** All that the disk claims to have of the shard. What is damaged says nothing. */
export function contextOn(machine: SimulatedMachine, shard: number): CausalContext | undefined {
  const bytes = shardRecordOn(machine, shard)
  try {
    return bytes === undefined ? undefined : decodeShardRecord(bytes, shard).context
  } catch {
    return undefined
  }
}
