/** What `node.actor(definition, id)` answers: the calls of one actor, each passed on by name. */
import type { AnyDefinition } from './actors/definitions/definition.ts'
import type { CallOptions, Reference } from './actors/definitions/reference.ts'
import { ShoalError } from './ports/errors.ts'
import type { ShoalNode } from './shoal-node.ts'

const maxIdBytes = 1024
const utf8 = new TextEncoder()

/** Throws `SHOAL_UNKNOWN_KIND` where the node was not started with this definition, `SHOAL_BAD_ARGUMENT` for the id. */
export function referenceTo<D extends AnyDefinition>(
  node: Pick<ShoalNode, 'call' | 'describe' | 'watch'>,
  definitions: ReadonlyMap<string, AnyDefinition>,
  definition: D,
  id: string
): Reference<D> {
  if (definitions.get(definition.kind) !== definition) {
    throw new ShoalError('SHOAL_UNKNOWN_KIND', `this node was not started with the definition of ${definition.kind}`)
  }
  checkId(id)
  const { kind } = definition
  const reference: Record<string, unknown> = {
    kind,
    id,
    watch: () => node.watch(kind, id),
    state: async () => (await node.describe(kind, id)).state
  }
  for (const method of Object.keys(definition.methods)) {
    reference[method] = (argument?: unknown, options?: CallOptions) => node.call(kind, id, method, argument, options)
  }
  return Object.freeze(reference) as Reference<D>
}

/** No character of a text takes more than three bytes of UTF-8. */
function isTooLong(id: string): boolean {
  return 3 * id.length > maxIdBytes && utf8.encode(id).length > maxIdBytes
}

export function checkId(id: string): void {
  if (typeof id !== 'string' || id.length === 0 || !id.isWellFormed() || isTooLong(id)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `an actor's id is 1 to ${maxIdBytes} bytes of UTF-8`)
  }
}
