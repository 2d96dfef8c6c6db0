/**
 * The views of states, made once per schema: a class with a getter per field, which opens the field when it is first touched.
 *
 * What looks like a change and is none is refused: a field cannot be assigned, and there are no fields beside those of the schema.
 */
import { ShoalError } from '../ports/errors.ts'
import { fieldKey } from './or-map.ts'
import type { FieldType, Schema } from './schema.ts'
import { cellAt, type Transaction } from './transaction.ts'

class StateView {
  readonly #transaction: Transaction
  readonly #opened: unknown[]

  constructor(transaction: Transaction, fields: number) {
    this.#transaction = transaction
    this.#opened = new Array(fields)
  }

  static field(view: StateView, place: number, field: FieldType, entry: string): unknown {
    const opened = view.#opened
    opened[place] ??= field.open(cellAt(view.#transaction.root, field.type, entry))
    return opened[place]
  }
}

/** Stands behind the fields: whoever gets here asked for a name that is none of them. */
const noField = new Proxy(Object.create(null) as object, {
  set(_target, name) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `the state has no field ${JSON.stringify(String(name))}`)
  }
})

export function stateViewOf(schema: Schema): (transaction: Transaction) => unknown {
  class SchemaView extends StateView {}
  const { prototype } = SchemaView
  Object.setPrototypeOf(prototype, noField)
  Reflect.deleteProperty(prototype, 'constructor')
  const fields = Object.keys(schema).length
  for (const [place, [name, field]] of Object.entries(schema).entries()) {
    const entry = fieldKey(field.type, name)
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: StateView) {
        return StateView.field(this, place, field, entry)
      },
      set() {
        throw cannotAssign(name, field)
      }
    })
  }
  return transaction => new SchemaView(transaction, fields)
}

function cannotAssign(name: string, field: FieldType): ShoalError {
  const use = field.usage === undefined ? 'use its methods' : `use state.${name}.${field.usage}`
  const message = `state.${name} is a ${field.description ?? field.type.name} and cannot be assigned: ${use}`
  return new ShoalError('SHOAL_BAD_ARGUMENT', message)
}
