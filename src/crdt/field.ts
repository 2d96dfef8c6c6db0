/** What every field type of a map is made of. */
import type { NestableType } from './schema.ts'
import type { Cell } from './transaction.ts'
import type { Type } from './type.ts'
import { erase } from './types.ts'

export interface FieldParts<S, V, P> {
  readonly open: (cell: Cell<S>) => V
  readonly plain: (state: S) => P
  /** How its view is changed, for errors: `add(amount)`. */
  readonly usage: string
  /** How many maps are in each other, this one included. @default 0 */
  readonly depth?: number
  /** The type with the options that change what stored values mean. @default the name of the type */
  readonly description?: string
}

export function nestableField<S, V, P>(type: Type<S>, parts: FieldParts<S, V, P>): NestableType<V, P> {
  return {
    type: erase(type),
    description: parts.description ?? type.name,
    usage: parts.usage,
    depth: parts.depth ?? 0,
    isNestable: true,
    open: cell => parts.open(cell as Cell<S>),
    plain: state => parts.plain(state as S)
  }
}
