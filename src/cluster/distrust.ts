/**
 * What becomes of a shard whose disk proves damaged: it claims only what its intact actor records prove, and so is honest at once.
 *
 * Its context is cut down to the live dots of those records and their index positions; what else they have seen stays with each
 * actor (seen-dots.ts). What was lost is then covered by nothing, so catch-up brings it from whoever has it, and none of it is taken
 * for removed. A record may even be older than one that was lost: what it proves is true for ever. What an actor has seen and is
 * gone is said again under a fresh dot, because such dots are in no context any more, and who has not heard of them would never
 * ask. Removals that only the lost bytes knew may come back; that is the disk's loss.
 *
 * test/models/distrust.model.ts tries every small history of it.
 */
import { CausalContext, type Dot, liveDots, type Origin } from '../crdt/index.ts'
import type { Disk, DiskEntry, DiskWrite } from '../ports/disk.ts'
import type { Actor } from './actor.ts'
import { eachPosition, type IndexPositions, noPositions, seqAt, withSeq } from './index-positions.ts'
import { gapsWith, type OpenSpan, seenDots } from './seen-dots.ts'
import { digestBytes, noDigest, replaceDigest } from './set-hash.ts'
import { pagesOf } from './shard-keys.ts'
import type { Shard } from './shard-ledger.ts'
import { nameOf, readRecord } from './shard-scan.ts'
import {
  type ActorRecord,
  checksumOf,
  decodeIndexEntry,
  encodeActorRecord,
  encodeIndexEntry,
  indexKey,
  positionOfIndexKey,
  stateKey,
  stateRange,
  wholeIndexRange
} from './storage-layout.ts'
import { noTally, type Tally, tallyWith } from './tally.ts'

/** Fresh dots of this process. */
export interface Draw {
  /** Where they begin: what the process wrote below may be lost. */
  readonly from: number
  next(): Dot
}

export interface Rebuilt {
  readonly context: CausalContext
  readonly setHash: Uint8Array
  readonly tally: Tally
}

/**
 * Mends the index and takes unreadable records away; answers what the shard's own record must say. Nothing else may write to the
 * shard meanwhile. Broken off at any point, it leaves a shard that is found damaged again. Actors that are `held` in memory are left
 * to `applyRebuilt`. `kept` is told the checksum of each record that is there in the end.
 */
export async function rebuildShard(
  disk: Disk,
  shard: number,
  held: ReadonlySet<string>,
  draw: Draw,
  kept: (name: string, checksum: number) => void = () => {}
): Promise<Rebuilt> {
  const setHash = new Uint8Array(digestBytes)
  const claims = new Claims()
  let tally = noTally
  for await (const page of pagesOf(disk, stateRange(shard))) {
    const fixes: DiskWrite[] = []
    for (const { key, value } of page) {
      const name = nameOf(key)
      const found = name === undefined ? undefined : readRecord(value, shard, name)
      if (name === undefined || found === undefined) {
        fixes.push({ type: 'del', key })
        continue
      }
      const repeated = held.has(name) ? undefined : withRepeat(found, draw, draw.from)
      const record = repeated === undefined ? found : { ...found, ...repeated }
      const sealed = repeated === undefined ? value : encodeActorRecord({ ...record, name }, found.stateBytes)
      if (sealed !== value) fixes.push({ type: 'put', key, value: sealed })
      const checksum = checksumOf(sealed)
      kept(name, checksum)
      tally = tallyWith(tally, checksum)
      replaceDigest(setHash, noDigest, record.digest)
      claims.add(record)
      fixes.push(...missingEntries(disk, shard, name, record.index))
    }
    if (fixes.length > 0) await disk.write(fixes)
  }
  await removeWrongEntries(disk, shard)
  return { context: claims.context(), setHash, tally }
}

/** Makes the index of a shard that of its records, which are all as they were written. */
export async function mendIndex(disk: Disk, shard: number): Promise<void> {
  for await (const page of pagesOf(disk, stateRange(shard))) {
    const missing = page.flatMap(({ key, value }) => {
      const name = nameOf(key)
      const record = name === undefined ? undefined : readRecord(value, shard, name)
      return name === undefined || record === undefined ? [] : missingEntries(disk, shard, name, record.index)
    })
    if (missing.length > 0) await disk.write(missing)
  }
  await removeWrongEntries(disk, shard)
}

async function removeWrongEntries(disk: Disk, shard: number): Promise<void> {
  for await (const page of pagesOf(disk, wholeIndexRange(shard))) {
    const wrong = page.filter(entry => !isRight(disk, shard, entry))
    if (wrong.length > 0) await disk.write(wrong.map(({ key }): DiskWrite => ({ type: 'del', key })))
  }
}

type Content = Pick<ActorRecord, 'state' | 'extra' | 'index' | 'gaps'>

/** The dots that actors prove to be theirs and to be in their states. */
class Claims {
  readonly #dots: Dot[] = []

  add({ state, index, gaps }: Content): void {
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

/**
 * With a fresh position, where the actor has seen what it does not claim: `undefined` where there is nothing to say again. `lacksFrom`: of
 * what this process wrote below it, the record may lack some.
 */
function withRepeat(content: Content, draw: Draw, lacksFrom: number): Pick<ActorRecord, 'index' | 'gaps'> | undefined {
  const claims = new Claims()
  claims.add(content)
  if (claims.context().covers(seenDots(content))) return undefined
  const { origin, seq } = draw.next()
  const before = seqAt(content.index, origin)
  const open: OpenSpan[] = before + 1 < lacksFrom ? [[origin, before + 1, lacksFrom - 1]] : []
  return { index: withSeq(content.index, origin, seq), gaps: gapsWith(content.gaps, open, [content.extra]) }
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

/** Where the index on disk names an actor, as far as that is to change: 0 for nowhere. */
export interface MovedPositions {
  readonly from: Map<Origin, number>
  /** Whatever moved before was counted from a record that is not there. */
  readonly isAll: boolean
}

/**
 * The shard in memory becomes what its disk proves, and what the actors in memory do. Answers those of them whose record on the disk
 * is not what they are: they have to be saved.
 */
export function applyRebuilt(
  disk: Disk,
  number: number,
  shard: Shard,
  rebuilt: Rebuilt,
  actors: readonly Actor[],
  draw: Draw
): Map<Actor, MovedPositions> {
  const claims = new Claims()
  const changed = new Map<Actor, MovedPositions>()
  for (const actor of actors) {
    // What this process wrote is all in the actors that it holds.
    const repeated = withRepeat(actor, draw, 0)
    if (repeated !== undefined) {
      changed.set(actor, { isAll: false, from: movedFrom(actor.index, repeated.index) })
      actor.index = repeated.index
      actor.gaps = repeated.gaps
    }
    claims.add(actor)
  }
  shard.context = rebuilt.context.union(claims.context())
  shard.floor = CausalContext.empty
  shard.setHash.set(rebuilt.setHash)
  shard.tally = rebuilt.tally
  for (const actor of actors) {
    const bytes = disk.get(stateKey(number, actor.name))
    const record = bytes === undefined ? undefined : readRecord(bytes, number, actor.name)
    const checksum = bytes === undefined || record === undefined ? 0 : checksumOf(bytes) | 0
    if (checksum === actor.checksum) continue
    actor.checksum = checksum
    actor.digest = record?.digest ?? noDigest
    changed.set(actor, { isAll: true, from: movedFrom(record?.index ?? noPositions, actor.index) })
  }
  return changed
}

function movedFrom(before: IndexPositions, after: IndexPositions): Map<Origin, number> {
  const moved = new Map<Origin, number>()
  for (const { origin, seq } of eachPosition(before)) if (seqAt(after, origin) !== seq) moved.set(origin, seq)
  for (const { origin } of eachPosition(after)) if (seqAt(before, origin) === 0) moved.set(origin, 0)
  return moved
}
