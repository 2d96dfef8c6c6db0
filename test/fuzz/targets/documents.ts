/** What strangers send for documents: the structural checks that stand before the engines. */
import { sha256 } from '@noble/hashes/sha2.js'
import { automergeJson, automergeList, automergeText } from '../../../src/automerge.ts'
import { inflateRaw } from '../../../src/automerge-module.ts'
import { findUpdateFault as findAutomergeFault } from '../../../src/crdt/automerge/change.ts'
import { readSnapshot } from '../../../src/crdt/automerge/snapshot.ts'
import { documentsOf } from '../../../src/crdt/document/documents-of-state.ts'
import { type DocumentContent, type EngineName, engineOf, mergeParts } from '../../../src/crdt/document/engine.ts'
import type { JsonView, ListView, TextView } from '../../../src/crdt/document/views.ts'
import {
  type ActorState,
  decodeDelta,
  type FieldType,
  type Json,
  json,
  list,
  Replica,
  text
} from '../../../src/crdt/index.ts'
import { findUpdateFault as findYjsFault } from '../../../src/crdt/yjs/update.ts'
import { ShoalError } from '../../../src/ports/errors.ts'
import type { Target } from '../support/check.ts'

const contents: readonly DocumentContent[] = ['text', 'list', 'json']

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new ShoalError('SHOAL_MALFORMED', fault)
}

type Fields = {
  readonly text: FieldType<TextView>
  readonly list: FieldType<ListView<Json>>
  readonly json: FieldType<JsonView>
}

const fieldsOf: Readonly<Record<EngineName, Fields>> = {
  yjs: { text: text(), list: list(), json: json() },
  automerge: { text: automergeText(), list: automergeList(), json: automergeJson() }
}

/** Three replicas that edit by turns and at the same time: a state with all they did. */
function edited(engine: EngineName): ActorState {
  const schema: Fields = fieldsOf[engine]
  const replicas = ['a.1', 'b.1', 'b.2'].map(origin => new Replica(schema, { origin }))
  const deltas: (Uint8Array | undefined)[] = []
  for (let round = 0; round < 4; round++) {
    for (const replica of replicas) {
      deltas.push(
        replica.change(view => view.text.insert(round % 2 === 0 ? 0 : view.text.length, `ü${round}𝄞`)),
        replica.change(view => view.text.remove(0, 2)),
        replica.change(view => view.list.insert(round && 1, { a: [round, null] }, 'b', -2.5, true)),
        replica.change(view => view.list.remove(0)),
        replica.change(view => view.json.set(['a'], { 0: { b: [] }, 1: null })),
        replica.change(view => view.json.set(['a', '0'], { b: [1, 'x', round] })),
        replica.change(view => view.json.push(['a', '0', 'b'], { c: false })),
        replica.change(view => view.json.remove(['a', '1']))
      )
    }
    if (round % 2 === 1) for (const replica of replicas) for (const delta of deltas) if (delta) replica.apply(delta)
  }
  return decodeDelta(replicas[0]?.save() ?? new Uint8Array(0)).state
}

function updates(engine: EngineName): { content: DocumentContent; update: Uint8Array }[] {
  return documentsOf(edited(engine)).flatMap(({ content, trusted, untrusted }) =>
    [...trusted, ...untrusted].filter(({ kind }) => kind === 'update').map(({ bytes }) => ({ content, update: bytes }))
  )
}

function snapshots(name: EngineName): Uint8Array[] {
  return documentsOf(edited(name)).map(({ content, trusted, untrusted }) =>
    mergeParts(engineOf(name, content), [...trusted, ...untrusted])
  )
}

/** Its first byte picks the content of the document. */
export const yjsUpdate: Target = {
  decode(bytes) {
    const content = contents[(bytes[0] ?? 0) % contents.length] ?? 'text'
    refuse(findYjsFault(content, bytes.subarray(1)))
  },
  seeds: () => updates('yjs').map(({ content, update }) => Uint8Array.of(contents.indexOf(content), ...update))
}

const magic = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)

/** With the checksums that belong to its chunks, so that mutations get past them. */
function resealed(bytes: Uint8Array): Uint8Array {
  const sealed = bytes.slice()
  for (let start = 0; start + 10 < sealed.length; ) {
    let length = 0
    let at = start + 9
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = sealed[at++] ?? 0
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    sealed.set(magic, start)
    sealed.set(sha256(sealed.subarray(start + 8, at + length)).subarray(0, 4), start + 4)
    start = at + length
  }
  return sealed
}

export const automergeUpdate: Target = {
  decode: bytes => refuse(findAutomergeFault(resealed(bytes))),
  seeds: () => updates('automerge').map(({ update }) => update)
}

export const automergeSnapshot: Target = {
  decode(bytes) {
    const saved = readSnapshot(resealed(bytes), inflateRaw)
    if (typeof saved === 'string') refuse(saved)
  },
  seeds: () => snapshots('automerge')
}
