/**
 * What becomes of a shard whose disk proves damaged: it claims only what its intact actor records prove, and so is honest at once.
 *
 * Its context is cut down to the live dots of those records and their index positions; what else they have seen stays with each
 * actor (seen-dots.ts). The index is written anew from them, set-hash and tally are counted again. What was lost is then covered by
 * nothing, so catch-up brings it from whoever has it, and none of it is taken for removed. A record may even be older than one
 * that was lost: what it proves is true for ever. Removals that only the lost bytes knew may come back; that is the disk's loss.
 *
 * test/models/distrust.model.ts tries every small history of it.
 */
import { CausalContext, type Dot, liveDots, type Origin } from '../crdt/index.ts'
import type { Disk, DiskEntry, DiskWrite } from '../ports/disk.ts'
import type { Actor } from './actor.ts'
import { eachPosition, type IndexPositions, seqAt } from './index-positions.ts'
import { seenDots } from './seen-dots.ts'
import { digestBytes, noDigest, replaceDigest } from './set-hash.ts'
import { pagesOf } from './shard-keys.ts'
import type { Shard } from './shard-ledger.ts'
import { nameOf, readRecord } from './shard-scan.ts'
import {
  type ActorRecord,
  checksumOf,
  decodeIndexEntry,
  encodeIndexEntry,
  indexKey,
  positionOfIndexKey,
  stateKey,
  stateRange,
  wholeIndexRange
} from './storage-layout.ts'
import { noTally, type Tally, tallyWith } from './tally.ts'

export interface Rebuilt {
  readonly context: CausalContext
  readonly setHash: Uint8Array
  readonly tally: Tally
}

/**
 * Mends the index and takes unreadable records away; answers what the shard's own record must say. Nothing else may write to the
 * shard meanwhile. Broken off at any point, it leaves a shard that is found damaged again.
 */
export async function rebuildShard(disk: Disk, shard: number): Promise<Rebuilt> {
  const setHash = new Uint8Array(digestBytes)
  const claims = new Claims()
  let tally = noTally
  for await (const page of pagesOf(disk, stateRange(shard))) {
    const fixes: DiskWrite[] = []
    for (const { key, value } of page) {
      const name = nameOf(key)
      const record = name === undefined ? undefined : readRecord(value, shard, name)
      if (name === undefined || record === undefined) {
        fixes.push({ type: 'del', key })
        continue
      }
      tally = tallyWith(tally, checksumOf(value))
      replaceDigest(setHash, noDigest, record.digest)
      claims.add(record)
      fixes.push(...missingEntries(disk, shard, name, record.index))
    }
    if (fixes.length > 0) await disk.write(fixes)
  }
  for await (const page of pagesOf(disk, wholeIndexRange(shard))) {
    const wrong = page.filter(entry => !isRight(disk, shard, entry))
    if (wrong.length > 0) await disk.write(wrong.map(({ key }): DiskWrite => ({ type: 'del', key })))
  }
  return { context: claims.context(), setHash, tally }
}

/** The dots that actors prove to be theirs and to be in their states. */
class Claims {
  readonly #dots: Dot[] = []

  add({ state, index, gaps }: Pick<ActorRecord, 'state' | 'index' | 'gaps'>): void {
    const live = liveDots(state)
    for (const origin of live.origins()) {
      const spans = live.intervals(origin)
      for (let i = 0; i < spans.length; i += 2)
        for (let seq = spans[i] ?? 0; seq <= (spans[i + 1] ?? 0); seq++) this.#dots.push({ origin, seq })
    }
    for (const position of eachPosition(index)) if (!gaps.has(position.origin, position.seq)) this.#dots.push(position)
  }

  context(): CausalContext {
    return CausalContext.of(this.#dots)
  }
}

function missingEntries(disk: Disk, shard: number, name: string, index: IndexPositions): DiskWrite[] {
  const missing: DiskWrite[] = []
  for (const { origin, seq } of eachPosition(index)) {
    const key = indexKey(shard, origin, seq)
    const value = encodeIndexEntry(key, name)
    const stored = disk.get(key)
    if (stored === undefined || !isSame(stored, value)) missing.push({ type: 'put', key, value })
  }
  return missing
}

/** The entry names an actor whose record has that position. */
function isRight(disk: Disk, shard: number, { key, value }: DiskEntry): boolean {
  try {
    const name = decodeIndexEntry(key, value)
    const bytes = disk.get(stateKey(shard, name))
    const record = bytes === undefined ? undefined : readRecord(bytes, shard, name)
    const { origin, seq } = positionOfIndexKey(key)
    return record !== undefined && seqAt(record.index, origin) === seq
  } catch {
    return false
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

/**
 * The shard in memory becomes what its disk proves, and what the actors in memory do. Answers those of them whose record on the disk
 * is not what was saved, each with where the disk's index names it: they have to be saved again.
 */
export function applyRebuilt(
  disk: Disk,
  number: number,
  shard: Shard,
  rebuilt: Rebuilt,
  actors: readonly Actor[]
): Map<Actor, Map<Origin, number>> {
  const claims = new Claims()
  for (const actor of actors) claims.add(actor)
  shard.context = rebuilt.context.union(claims.context())
  shard.floor = CausalContext.empty
  shard.setHash.set(rebuilt.setHash)
  shard.tally = rebuilt.tally
  const unlike = new Map<Actor, Map<Origin, number>>()
  for (const actor of actors) {
    actor.extra = seenDots(actor).minus(shard.context)
    const bytes = disk.get(stateKey(number, actor.name))
    const record = bytes === undefined ? undefined : readRecord(bytes, number, actor.name)
    const checksum = bytes === undefined || record === undefined ? 0 : checksumOf(bytes) | 0
    if (checksum === actor.checksum) continue
    actor.checksum = checksum
    actor.digest = record?.digest ?? noDigest
    const moved = new Map<Origin, number>()
    for (const { origin, seq } of record === undefined ? [] : eachPosition(record.index)) moved.set(origin, seq)
    for (const { origin } of eachPosition(actor.index)) if (!moved.has(origin)) moved.set(origin, 0)
    unlike.set(actor, moved)
  }
  return unlike
}
