/**
 * Model of an event log on the data path of epochs.model.ts: actor A is a chunk, written once, and actor B the record that names it. An owner
 * that has written the chunk names it with a later write to B, once the chunk is acknowledged; one that has found it when it opened its epoch
 * names it, too. Fetches are torn at any record, and owners die at any point.
 */
import { at } from './dots.ts'
import { type Bounds, epochsModel, type Owner, type World as Shard } from './epochs.model.ts'
import type { Model } from './explore.ts'

export interface World {
  readonly shard: Shard
  /** Writes that left B naming the chunk, one bit each. */
  readonly naming: number
}

/** `names it at once`: as if a batch of entries were one. */
export type Mistake = 'names it at once'

const chunk = 0
const record = 1
/** The first write is the chunk's. */
const chunkWrite = 1

export function chunksModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const inner = epochsModel(bounds)
  return {
    starts: inner.starts.map(shard => ({ shard, naming: 0 })),
    next({ shard, naming }, emit) {
      inner.next(shard, (event, after) => {
        const isWrite = after.written > shard.written
        if (isWrite && shard.written > 0 && event.endsWith(' to A')) return
        const isFound = isWrite && wasThere(after)
        const names = isWrite && shard.written > 0 && (mistake !== undefined || isFound || isAcknowledged(after))
        emit(names ? `${isFound ? 'take over' : 'name'} ${event}` : event, {
          shard: after,
          naming: names ? naming | (1 << shard.written) : naming
        })
      })
    },
    key: ({ shard, naming }) => `${naming},${inner.key(shard)}`,
    check: ({ shard, naming }) => inner.check(shard) ?? dangling(shard, naming)
  }
}

function whoWrote({ owners, written }: Shard): Owner | undefined {
  const last = 1 << (written - 1)
  return owners.find(owner => ((owner?.log.at(-1)?.record.writes ?? 0) & last) !== 0)
}

/** The owner that has just written began with it: a majority had that before the epoch was open. */
function wasThere(shard: Shard): boolean {
  return ((whoWrote(shard)?.base ?? 0) & chunkWrite) !== 0
}

/** As the owner knows that has just written. */
function isAcknowledged(shard: Shard): boolean {
  const owner = whoWrote(shard)
  if (owner === undefined) return false
  const { log, atOpening, set, accepted } = owner
  const n = log.findIndex(({ actor }, i) => actor === chunk && i >= atOpening) + 1
  return n > 0 && set.filter(id => at(accepted, id) >= n).length > set.length / 2
}

/** Whoever owns the shard has what its records name. */
function dangling({ owners, replicas }: Shard, naming: number): string | undefined {
  for (const [epoch, owner] of owners.entries()) {
    if (owner === undefined || owner.phase === 'sealing') continue
    const { promise, records } = at(replicas, owner.node)
    if (promise !== epoch || (at(records, record).writes & naming) === 0) continue
    if ((at(records, chunk).writes & chunkWrite) === 0)
      return `the owner of epoch ${epoch} has a record that names a chunk, and not the chunk`
  }
  return undefined
}
