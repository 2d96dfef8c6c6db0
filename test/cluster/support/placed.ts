/** Where each actor is on some nodes only: what the disks that have a shard say of it, compared with each other. */
import type { TestCluster } from 'shoal/testing'
import type { ShardRecord } from '../../../src/cluster/shard-record.ts'
import { readableShardOn, shardRecordOn } from './disk-shards.ts'
import type { Scenario } from './scenario.ts'

/** The numbers of the shards that a scenario's actors are in: those with a replica on every node, and the others. */
export function shardsOf({ shards, replicas = 0 }: Pick<Scenario, 'shards' | 'replicas'>): number[] {
  const slices = Array.from({ length: shards }, (_, slice) => slice)
  return replicas === 0 ? slices : [...slices, ...slices.map(slice => replicas * shards + slice)]
}

/** What is not as it should be once all is quiet: shards on too many or too few disks, and disks that differ. */
export function misplaced(cluster: TestCluster, scenario: Pick<Scenario, 'shards' | 'replicas'>): string[] {
  const { shards, replicas = 0 } = scenario
  const wrong: string[] = []
  for (const shard of shardsOf(scenario)) {
    const records = cluster.world.machines().flatMap(machine => {
      if (shardRecordOn(machine, shard) === undefined) return []
      return [{ id: machine.id, record: readableShardOn(machine, shard) }]
    })
    const [first] = records
    if (first === undefined) continue
    // What has gone bad on a disk since it was read is none of the others' business.
    const differing = records.filter(({ record }) => record !== undefined && !isSame(record, records))
    if (differing.length > 0)
      wrong.push(`shard ${shard} differs at ${differing.map(({ id }) => id).join(', ')} from ${first.id}`)
    if (shard >= shards && records.length !== Math.min(replicas, cluster.size))
      wrong.push(`shard ${shard} is on ${records.map(({ id }) => id).join(', ')}`)
  }
  return wrong
}

function isSame(record: ShardRecord, others: readonly { readonly record: ShardRecord | undefined }[]): boolean {
  const first = others.find(other => other.record !== undefined)?.record ?? record
  return record.context.equals(first.context) && Buffer.compare(record.setHash, first.setHash) === 0
}
