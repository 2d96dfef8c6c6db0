/**
 * The decoders under fuzz, by name: a state for each data type, what nodes say to each other, what they store, what the engines of
 * documents are given, and what the door reads. Their first inputs are what the encoders write, so that a mutation begins near
 * what is right.
 */
import type { Target } from './support/check.ts'
import { automergeSnapshot, automergeUpdate, yjsUpdate } from './targets/documents.ts'
import { batch, bulk, calls, control, push } from './targets/messages.ts'
import { actorRecord, endedRecord, jsonBody, shardRecord, shortContext, textRecord } from './targets/records.ts'
import { anyState, context, delta, orMapTarget, typeTargets } from './targets/states.ts'

export const targets: ReadonlyMap<string, Target> = new Map<string, Target>([
  ...typeTargets(),
  ['orMap', orMapTarget],
  ['state', anyState],
  ['delta', delta],
  ['context', context],
  ['batch', batch],
  ['push', push],
  ['control', control],
  ['bulk', bulk],
  ['calls', calls],
  ['actorRecord', actorRecord],
  ['shardRecord', shardRecord],
  ['endedRecord', endedRecord],
  ['shortContext', shortContext],
  ['textRecord', textRecord],
  ['yjsUpdate', yjsUpdate],
  ['automergeUpdate', automergeUpdate],
  ['automergeSnapshot', automergeSnapshot],
  ['jsonBody', jsonBody]
])
