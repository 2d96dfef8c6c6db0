/** What a node stores, and the JSON that its door reads. */
import { crc32c } from '../../../src/cluster/checksum.ts'
import { noPositions, withSeq } from '../../../src/cluster/index-positions.ts'
import { digestOf } from '../../../src/cluster/set-hash.ts'
import {
  decodeEnded,
  decodeShardHead,
  type EndedLives,
  encodeEnded,
  encodeShardHead,
  noShard,
  type ShardHead
} from '../../../src/cluster/shard-record.ts'
import { decodeActorRecord, decodeText, encodeActorRecord, encodeText } from '../../../src/cluster/storage-layout.ts'
import { CausalContext, encodeState } from '../../../src/crdt/index.ts'
import { decodeShort, encodeShort, type ShortContext, shortened } from '../../../src/crdt/short-context.ts'
import { parseJson } from '../../../src/gateway/json-body.ts'
import type { Target } from '../support/check.ts'
import { histories, unique } from './states.ts'

const checkBytes = 4
const utf8 = new TextEncoder()

/** With the checksum that belongs to the rest: what a bug wrote, and not what a disk bent. */
function resealed(bytes: Uint8Array, what: string): Uint8Array {
  const record = Uint8Array.of(0, 0, 0, 0, ...bytes)
  new DataView(record.buffer).setUint32(0, crc32c(record, checkBytes, crc32c(utf8.encode(what))))
  return record
}

function opened(records: readonly Uint8Array[]): Uint8Array[] {
  return unique(records.map(record => record.slice(checkBytes)))
}

const refusals = ['SHOAL_MALFORMED', 'SHOAL_CORRUPT']
const everyType = () => histories(['orSet', 'lww', 'pnCounter', { map: 'mv' }], 8)

export const actorRecord: Target = {
  decode: bytes => decodeActorRecord(resealed(bytes, 'a record'), 'a record'),
  refusals,
  seeds: () =>
    opened(
      everyType().flatMap(({ snapshots }) =>
        snapshots.slice(-3).map(({ state, context }) => {
          const name = 'a record'
          const stateBytes = encodeState(state)
          let index = noPositions
          for (const origin of context.origins()) index = withSeq(index, origin, context.next(origin) - 1)
          const gaps = context.origins().length > 1 ? context : CausalContext.empty
          return encodeActorRecord(
            { shard: 7, name, digest: digestOf(name, state), extra: context, gaps, index },
            stateBytes
          )
        })
      )
    )
}

export const shardRecord: Target = {
  decode: bytes => decodeShardHead(resealed(bytes, 'shard 7'), 7),
  encode: head => encodeShardHead(head as ShardHead, 7).slice(checkBytes),
  refusals,
  seeds: () =>
    opened([
      encodeShardHead({ ...noShard, endedCheck: 0 }, 7),
      ...everyType().flatMap(({ snapshots }) =>
        snapshots
          .slice(-2)
          .map(({ context }) =>
            encodeShardHead(
              { ...noShard, endedCheck: 0x12345678, context, floor: context, setHash: new Uint8Array(16).fill(7) },
              7
            )
          )
      )
    ])
}

export const endedRecord: Target = {
  decode: bytes => decodeEnded(resealed(bytes, 'the ended lives of shard 7'), 7),
  encode: lives => encodeEnded(lives as EndedLives, 7).slice(checkBytes),
  refusals,
  seeds: () =>
    opened(
      everyType().flatMap(({ snapshots }) =>
        snapshots.slice(-2).map(({ context }) => encodeEnded({ context, floor: context.last() }, 7))
      )
    )
}

export const shortContext: Target = {
  decode: decodeShort,
  encode: short => encodeShort(short as ShortContext),
  seeds: () =>
    everyType().flatMap(({ snapshots }) => snapshots.slice(-2).map(({ context }) => encodeShort(shortened(context))))
}

export const textRecord: Target = {
  decode: bytes => decodeText(resealed(bytes, 'the record key'), 'key'),
  encode: text => encodeText(text as string, 'key').slice(checkBytes),
  refusals,
  seeds: () => opened(['', 'a', '{"format":1}', 'ü𝄞'].map(text => encodeText(text, 'key')))
}

export const jsonBody: Target = {
  decode: parseJson,
  refusals: ['SHOAL_BAD_ARGUMENT'],
  use(value) {
    JSON.stringify(value)
  },
  seeds: () =>
    ['', 'null', '[1,-2.5e3,"\\u00fc𝄞"]', '{"a":{"__proto__":[]},"b":"\\"\\\\"}', '['.repeat(64) + ']'.repeat(64)].map(
      text => utf8.encode(text)
    )
}
