/** What a machine's disk says of a shard, without asking its node. */
import { readShard, type ShardRecord } from '../../../src/cluster/shard-record.ts'
import { shardRecordKey } from '../../../src/cluster/storage-layout.ts'
import type { CausalContext } from '../../../src/crdt/index.ts'
import { lookUp, orderOf } from '../../../src/simulation/sorted-store.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'

/** The bytes of the shard's record. */
export function shardRecordOn(machine: SimulatedMachine, shard: number): Uint8Array | undefined {
  return bytesOn(machine, shardRecordKey(shard))
}

function bytesOn(machine: SimulatedMachine, key: Uint8Array): Uint8Array | undefined {
  return lookUp(machine.disk.root, orderOf(key))?.value
}

/** What the disk says of the shard; `undefined` where it is damaged. */
export function readableShardOn(machine: SimulatedMachine, shard: number): ShardRecord | undefined {
  try {
    return readShard({ get: key => bytesOn(machine, key) }, shard)
  } catch {
    return undefined
  }
}

/** All that the disk claims to have of the shard. What is damaged says nothing. */
export function contextOn(machine: SimulatedMachine, shard: number): CausalContext | undefined {
  return shardRecordOn(machine, shard) === undefined ? undefined : readableShardOn(machine, shard)?.context
}
