/** Makes a disk of storage format 2 from what a store of today has: with the encoders of that format, as they were. */
import { crc32c } from '../../../src/cluster/checksum.ts'
import { eachPosition, type IndexPositions } from '../../../src/cluster/index-positions.ts'
import { readShard } from '../../../src/cluster/shard-record.ts'
import {
  actorOfStateKey,
  decodeActorRecord,
  decodeText,
  indexKey,
  metaKeys,
  shardOfKey
} from '../../../src/cluster/storage-layout.ts'
import { utf8Of } from '../../../src/cluster/utf8.ts'
import { CausalContext } from '../../../src/crdt/index.ts'
import type { DiskEntry } from '../../../src/ports/disk.ts'

const [STATE = 0, SHARD = 0, META = 0] = [...utf8Of('svm')]

/** The same replicas and notes, as format 2 wrote them; `facts` are the disk's. */
export function asFormat2(entries: readonly DiskEntry[], facts: { cluster: string; shards: number }): DiskEntry[] {
  const old: DiskEntry[] = []
  for (const { key, value } of entries) {
    const shard = shardOfKey(key) ?? 0
    if (key[0] === STATE) {
      const name = actorOfStateKey(key)
      const { extra, index, stateBytes } = decodeActorRecord(value, name)
      old.push({ key, value: oldActor(extra, index, stateBytes) })
      for (const { origin, seq } of eachPosition(index))
        old.push({ key: indexKey(shard, origin, seq), value: utf8Of(name) })
    } else if (key[0] === SHARD) {
      const { setHash, context } = readShard(
        { get: key => entries.find(entry => isSame(entry.key, key))?.value },
        shard
      )
      old.push({ key, value: sealed([setHash, context.encode()]) })
    } else if (key[0] === META) {
      const name = new TextDecoder().decode(key.subarray(1))
      if (name !== 'disk') old.push({ key, value: oldNote(decodeText(value, name)) })
    }
  }
  const disk = JSON.stringify({ format: 2, cluster: facts.cluster, shards: facts.shards })
  return [...old, { key: diskKey(), value: oldNote(disk) }]
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function oldActor(extra: CausalContext, index: IndexPositions, stateBytes: Uint8Array): Uint8Array {
  const extraBytes = extra.isEmpty() ? new Uint8Array(0) : extra.encode()
  return sealed([extraBytes, CausalContext.of(eachPosition(index)).encode(), stateBytes])
}

export function oldNote(text: string): Uint8Array {
  return sealed([utf8Of(text)])
}

export function diskKey(): Uint8Array {
  return metaKeys('disk')[0] ?? new Uint8Array(0)
}

export const everything = { gte: new Uint8Array(0), lt: Uint8Array.of(0xff), limit: 1_000_000 }

function sealed(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(4 + parts.reduce((sum, part) => sum + 4 + part.length, 0))
  const view = new DataView(bytes.buffer)
  let at = 4
  for (const part of parts) {
    view.setUint32(at, part.length)
    bytes.set(part, at + 4)
    at += 4 + part.length
  }
  view.setUint32(0, crc32c(bytes, 4))
  return bytes
}
