/**
 * How the records of a lease shard are named: each actor's by the actor, `kind/id`, and the parts that an actor keeps beside it, `kind:3.7/id`.
 * No kind has a colon, so no part is ever taken for an actor.
 */
import { isActorName, malformed } from '../wire.ts'

const part = /^([a-z][a-z0-9-]{0,62}):\d{1,16}\.\d{1,16}\//

/** `first` and `second` are of the actor's own choosing. */
export function partName(actor: string, first: number, second: number): string {
  const slash = actor.indexOf('/')
  return `${actor.slice(0, slash)}:${first}.${second}${actor.slice(slash)}`
}

export function isRecordName(name: string): boolean {
  return isActorName(name.replace(part, '$1/'))
}

/** Throws `SHOAL_MALFORMED`. */
export function recordName(value: string | null | undefined): string {
  if (value === null || value === undefined || !isRecordName(value)) throw malformed('name of a record')
  return value
}
