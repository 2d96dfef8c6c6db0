/** What a user's schema says of a state: see https://standardschema.dev. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { isThenable } from '../../crdt/thenable.ts'
import { badState } from './stored-value.ts'

/** The value as the schema puts it out. Throws `SHOAL_BAD_STATE`; `what` begins its message. */
export function checkedBy(schema: StandardSchemaV1 | undefined, what: string, value: unknown): unknown {
  if (schema === undefined) return value
  const checked = schema['~standard'].validate(value)
  if (isThenable(checked)) throw badState(`${what} cannot be checked by a schema that answers later`)
  if (checked.issues === undefined) return checked.value
  throw badState(`${what} is not what its schema says: ${issuesOf(checked)}`)
}

/** The first few, each with its place. */
export function issuesOf({ issues }: StandardSchemaV1.FailureResult): string {
  const texts = issues.slice(0, 5).map(issue => {
    const path = (issue.path ?? []).map(step => String(typeof step === 'object' ? step.key : step)).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  return texts.join('; ').slice(0, 500)
}
