/**
 * What a program says of the kinds of actors that it knows, as nodes compare it: of each kind its mode, its number of replicas and the
 * types of its fields. One text, with a hash that names it.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { malformed } from '../../cluster/wire.ts'
import { compareSchemas, type SchemaDescription } from '../../crdt/index.ts'
import type { ActorMode } from './definition.ts'
import type { Kinds } from './kinds.ts'
import { isWhole, wordsOf } from './schema-record.ts'
import { describeShape, wholeState } from './shape.ts'

export interface KindFacts {
  /** `lease` for an exclusive kind of that mode. */
  readonly mode: ActorMode | 'lease'
  /** 0: one on every node. */
  readonly replicas: number
  readonly fields: SchemaDescription
}

export type FactsByKind = ReadonlyMap<string, KindFacts>

/** In what two programs contradict each other: that one knows more kinds or fields than the other is none. */
export interface KindDifference {
  readonly kind: string
  /** Such as `replication`, or `the type of "note"`. */
  readonly fact: string
  readonly here: string
  readonly there: string
}

/** Longest text that is told, in bytes. */
export const maxFactsBytes = 256 * 1024

export function factsOf(kinds: Kinds): FactsByKind {
  const facts = kinds.all().map(({ kind, mode: base, partition, shape }): [string, KindFacts] => {
    const mode = partition === 'lease' ? 'lease' : base
    const replicas = kinds.replicas.get(kind) ?? 0
    return [kind, { mode, replicas, fields: describeShape(shape) }]
  })
  return new Map(facts.sort(([a], [b]) => (a < b ? -1 : 1)))
}

export function encodeFacts(facts: FactsByKind): Uint8Array {
  const rows = [...facts].map(([kind, { mode, replicas, fields }]) => [kind, mode, replicas, fields])
  return new TextEncoder().encode(JSON.stringify(rows))
}

/** 16 hex digits. */
export function hashOfFacts(text: Uint8Array): string {
  return bytesToHex(sha256(text).subarray(0, 8))
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeFacts(text: Uint8Array): FactsByKind {
  let rows: unknown
  try {
    rows = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(text))
  } catch (error) {
    throw malformed('facts about kinds', error)
  }
  if (!Array.isArray(rows)) throw malformed('facts about kinds')
  return new Map(rows.map(factsFrom))
}

function factsFrom(row: unknown): [string, KindFacts] {
  const [kind, mode, replicas, fields] = Array.isArray(row) ? row : []
  const isMode = mode === 'replicated' || mode === 'exclusive' || mode === 'lease'
  if (typeof kind !== 'string' || !isMode || !Number.isInteger(replicas)) throw malformed('facts about a kind')
  if (!Array.isArray(fields) || !fields.every(isField)) throw malformed('facts about fields')
  return [kind, { mode, replicas, fields }]
}

function isField(field: unknown): field is readonly [string, string] {
  return Array.isArray(field) && field.length === 2 && field.every(part => typeof part === 'string')
}

export function differencesOf(here: FactsByKind, there: FactsByKind): KindDifference[] {
  return [...here].flatMap(([kind, ours]) => {
    const theirs = there.get(kind)
    return theirs === undefined ? [] : differencesIn(kind, ours, theirs)
  })
}

function differencesIn(kind: string, here: KindFacts, there: KindFacts): KindDifference[] {
  const differences: KindDifference[] = []
  const add = (fact: string, ours: string, theirs: string) =>
    differences.push({ kind, fact, here: ours, there: theirs })
  if (here.mode !== there.mode) add('mode', here.mode, there.mode)
  if (here.replicas !== there.replicas) add('replication', inWords(here.replicas), inWords(there.replicas))
  for (const { field, before, now } of compareSchemas(here.fields, there.fields).changed)
    add(field === wholeState ? 'the type of the state' : `the type of ${JSON.stringify(field)}`, before, now)
  const bothSay = here.fields.length > 0 && there.fields.length > 0
  if (bothSay && isWhole(here.fields) !== isWhole(there.fields))
    add('state', wordsOf(here.fields), wordsOf(there.fields))
  return differences
}

function inWords(replicas: number): string {
  return replicas === 0 ? 'all' : String(replicas)
}
