/** What a node stores, and the JSON that its door reads. */
import { crc32c } from '../../../src/cluster/checksum.ts'
import { decodePositions } from '../../../src/cluster/index-positions.ts'
import {
  decodeActorRecord,
  decodeShardRecord,
  decodeText,
  encodeActorRecord,
  encodeShardRecord,
  encodeText,
  type ShardRecord
} from '../../../src/cluster/storage-layout.ts'
import { CausalContext, encodeState } from '../../../src/crdt/index.ts'
import { parseJson } from '../../../src/gateway/json-body.ts'
import type { Target } from '../support/check.ts'
import { histories, unique } from './states.ts'

const checkBytes = 4

/** With the checksum that belongs to the rest: what a bug wrote, and not what a disk bent. */
function resealed(bytes: Uint8Array): Uint8Array {
  const record = Uint8Array.of(0, 0, 0, 0, ...bytes)
  new DataView(record.buffer).setUint32(0, crc32c(record, checkBytes))
  return record
}

function opened(records: readonly Uint8Array[]): Uint8Array[] {
  return unique(records.map(record => record.slice(checkBytes)))
}

const refusals = ['SHOAL_MALFORMED', 'SHOAL_CORRUPT']
const everyType = () => histories(['orSet', 'lww', 'pnCounter', { map: 'mv' }], 8)

export const actorRecord: Target = {
  decode: bytes => decodeActorRecord(resealed(bytes), 'a record'),
  refusals,
  seeds: () =>
    opened(
      everyType().flatMap(({ snapshots }) =>
        snapshots.slice(-3).map(({ state, context }) => {
          const index = decodePositions(context.encode())
          return encodeActorRecord({ extra: context, index }, encodeState(state))
        })
      )
    )
}

export const shardRecord: Target = {
  decode: bytes => decodeShardRecord(resealed(bytes), 'a record'),
  encode: record => encodeShardRecord(record as ShardRecord).slice(checkBytes),
  refusals,
  seeds: () =>
    opened([
      encodeShardRecord({ context: CausalContext.empty, setHash: new Uint8Array(16) }),
      ...everyType().flatMap(({ snapshots }) =>
        snapshots.slice(-2).map(({ context }) => encodeShardRecord({ context, setHash: new Uint8Array(16).fill(7) }))
      )
    ])
}

export const textRecord: Target = {
  decode: bytes => decodeText(resealed(bytes), 'a record'),
  encode: text => encodeText(text as string).slice(checkBytes),
  refusals,
  seeds: () => opened(['', 'a', '{"format":1}', 'ü𝄞'].map(encodeText))
}

const utf8 = new TextEncoder()

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
