/** Says, once of each shard, that it names as many writers as it may, and counts what is not taken for that (ADR 31). */
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'

/** Called with a shard whenever something is not taken because the shard is full. */
export function fullShardAlarm(parts: { logger: Logger; metrics: Metrics }): (shard: number) => void {
  const refused = parts.metrics.counter(
    'shoal_store_refused_writers_total',
    'Updates not taken because their shard names as many writers as it may'
  )
  const said = new Set<number>()
  return shard => {
    refused.add()
    if (said.has(shard)) return
    said.add(shard)
    parts.logger.error('a shard has had as many writers as it may, and takes no more; see docs/operations.md', {
      shard
    })
  }
}
