/**
 * What a schema means to the states that are stored under it: each field's type, with the options without which the bytes would
 * mean something else. Two schemas with equal descriptions read each other's states; one that gains fields reads what the other
 * has.
 */
import { compareText } from './dot.ts'
import type { FieldType, Schema } from './schema.ts'

/** Fields with their types, sorted by name, each once. */
export type SchemaDescription = readonly (readonly [field: string, type: string])[]

export interface FieldChange {
  readonly field: string
  readonly before: string
  readonly now: string
}

export interface SchemaComparison {
  /** Fields that both have, with different types. */
  readonly changed: readonly FieldChange[]
  /** Fields that are no longer declared. Their values stay in the states. */
  readonly gone: readonly string[]
  /** All fields that ever were, as they are now. */
  readonly union: SchemaDescription
}

/** Such as `orMap(keys: string, of: pnCounter)`. */
export function describeField(field: FieldType): string {
  return field.description ?? field.type.name
}

export function describeSchema(schema: Schema): SchemaDescription {
  const fields = Object.entries(schema).map(([name, field]) => [name, describeField(field)] as const)
  return fields.sort(([a], [b]) => compareText(a, b))
}

export function compareSchemas(before: SchemaDescription, now: SchemaDescription): SchemaComparison {
  const types = new Map(now)
  const union = new Map([...before, ...now])
  const changed: FieldChange[] = []
  const gone: string[] = []
  for (const [field, type] of before) {
    const nowType = types.get(field)
    if (nowType === undefined) gone.push(field)
    else if (nowType !== type) changed.push({ field, before: type, now: nowType })
  }
  return { changed, gone, union: [...union].sort(([a], [b]) => compareText(a, b)) }
}
