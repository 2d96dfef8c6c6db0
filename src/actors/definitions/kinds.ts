/** The kinds of actors that a node was started with: their definitions, and on how many nodes the actors of each are. */
import { boundedCounterType } from '../../crdt/bounded-counter.ts'
import { ShoalError } from '../../ports/errors.ts'
import { maxKindsBytes } from '../../ports/network.ts'
import type { AnyDefinition } from './definition.ts'
import { checkShape, schemaOf } from './shape.ts'

const standardPassivateAfterMs = 60_000

export class Kinds {
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  /** How many replicas the actors of each kind have; 0: one on every node. */
  readonly replicas: ReadonlyMap<string, number>

  /** Throws `SHOAL_BAD_CONFIGURATION` where two definitions contradict each other, or one itself. */
  constructor(actors: readonly AnyDefinition[], standardReplicas: number) {
    this.definitions = definitionsByKind(actors)
    this.replicas = replicasByKind(this.definitions.values(), standardReplicas)
    if (JSON.stringify(this.facts()).length > maxKindsBytes)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `the names of all kinds have at most ${maxKindsBytes} bytes`)
  }

  /** The same, as the nodes compare it when they link. */
  facts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.replicas)
  }

  all(): readonly AnyDefinition[] {
    return [...this.definitions.values()]
  }

  /** Throws `SHOAL_UNKNOWN_KIND`. */
  get(kind: string): AnyDefinition {
    const definition = this.definitions.get(kind)
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `no kind ${JSON.stringify(kind.slice(0, 64))} on this node`)
    return definition
  }

  /** Those whose nodes give each other rights to bounded counters: the owner of a leased actor has them all. */
  withRights(): string[] {
    return this.all()
      .filter(definition => definition.partition !== 'lease' && hasBoundedCounter(definition))
      .map(({ kind }) => kind)
  }

  /** Those of the `merge` mode. */
  exclusive(): string[] {
    return this.all()
      .filter(({ mode, partition }) => mode === 'exclusive' && partition !== 'lease')
      .map(({ kind }) => kind)
  }

  leased(): string[] {
    return this.all()
      .filter(({ partition }) => partition === 'lease')
      .map(({ kind }) => kind)
  }

  /** How long an actor (`kind/id`) stays in memory that nobody uses. */
  passivateAfterMs(name: string): number {
    const definition = this.definitions.get(name.slice(0, name.indexOf('/')))
    return definition?.options.passivateAfterMs ?? standardPassivateAfterMs
  }
}

function hasBoundedCounter({ shape }: AnyDefinition): boolean {
  return Object.values(schemaOf(shape)).some(field => field.type === boundedCounterType)
}

function definitionsByKind(actors: readonly AnyDefinition[]): ReadonlyMap<string, AnyDefinition> {
  const definitions = new Map<string, AnyDefinition>()
  for (const definition of actors) {
    checkShape(definition.shape)
    const known = definitions.get(definition.kind)
    if (known !== undefined && known !== definition) {
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `two definitions of the kind ${definition.kind}`)
    }
    definitions.set(definition.kind, definition)
  }
  return definitions
}

/** Rights to a bounded counter are sought at all nodes, and an exclusive actor may come to any. */
function replicasByKind(definitions: Iterable<AnyDefinition>, standard: number): ReadonlyMap<string, number> {
  const replicas = new Map<string, number>()
  for (const definition of definitions) {
    const { kind, mode } = definition
    const hasRights = hasBoundedCounter(definition)
    if (hasRights && definition.replicas !== undefined && definition.replicas !== 0)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `${kind}: a kind with a bounded counter is on all nodes`)
    replicas.set(kind, hasRights || mode === 'exclusive' ? 0 : (definition.replicas ?? standard))
  }
  return replicas
}
