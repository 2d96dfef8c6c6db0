/**
 * delta-crdts, with its own MessagePack codec. It has no difference by context, so a replica that is behind gets the whole state.
 *
 * Large sets and maps are filled from within, because its own `add` looks at every element.
 */
import {
  type Counter,
  elementName,
  type Kind,
  type Library,
  type NumberMap,
  type Replica,
  type StringSet
} from './library.ts'

interface Instance {
  apply(delta: unknown): void
  state(): unknown
  value(): unknown
  inc(): unknown
  add(element: string): unknown
  remove(element: string): unknown
  applySub(key: string, type: string, mutator: string, value: number): unknown
}
interface CausalContext {
  cc: Map<string, number>
  insertDot(replica: string, seq: number): void
}
interface Store {
  cc: CausalContext | null
  type?: string
}

/** What is used of `delta-crdts`, its codec and its inner modules, which are not installed with Shoal. */
export interface DeltaModule {
  instance(type: string): (replica: string) => Instance
  codec: { encode(value: unknown): { slice(): Uint8Array }; decode(bytes: Uint8Array): unknown }
  CausalContext: new (cc: Map<string, number>) => CausalContext
  DotSet: new (ds: Map<string, unknown>, cc?: CausalContext) => Store
  DotMap: new (cc: CausalContext, state: Map<string, Store>) => unknown
}

export function deltaLibrary({ instance, codec, CausalContext, DotSet, DotMap }: DeltaModule): Library {
  class DeltaReplica implements Replica, Counter, StringSet, NumberMap {
    readonly #instance: Instance
    readonly #name: string

    constructor(type: string, name: string) {
      this.#instance = instance(type)(name)
      this.#name = name
    }

    #encoded(value: unknown): Uint8Array {
      return codec.encode(value).slice()
    }

    increment(): Uint8Array {
      return this.#encoded(this.#instance.inc())
    }

    add(element: string): Uint8Array {
      return this.#encoded(this.#instance.add(element))
    }

    remove(element: string): Uint8Array {
      return this.#encoded(this.#instance.remove(element))
    }

    write(key: string, value: number): Uint8Array {
      return this.#encoded(this.#instance.applySub(key, 'mvreg', 'write', value))
    }

    /** From within: one delta, and one look at the elements. */
    change(added: readonly string[], removed: readonly string[]): void {
      const { ds, cc } = this.#instance.state() as { ds: Map<string, unknown>; cc: CausalContext }
      const gone = new Set<unknown>(removed)
      const seen = new CausalContext(new Map())
      for (const [key, element] of ds) if (gone.has(element)) seen.insertDot(...(JSON.parse(key) as [string, number]))
      const dots = new Map<string, unknown>()
      let seq = cc.cc.get(this.#name) ?? 0
      for (const element of added) {
        dots.set(dot(this.#name, ++seq), element)
        seen.insertDot(this.#name, seq)
      }
      this.#instance.apply(new DotSet(dots, seen))
    }

    take(state: unknown): this {
      this.#instance.apply(state)
      return this
    }

    save(): Uint8Array {
      return this.#encoded(this.#instance.state())
    }

    apply(update: Uint8Array): void {
      this.#instance.apply(codec.decode(update))
    }

    changesFor(): Uint8Array {
      return this.save()
    }

    plain(): unknown {
      return this.#instance.value()
    }
  }

  const dot = (replica: string, seq: number): string => JSON.stringify([replica, seq])

  const kindOf = (type: string, fill: (replica: string, size: number) => unknown): Kind<DeltaReplica> => ({
    create: replica => new DeltaReplica(type, replica),
    filled: (replica, size) => new DeltaReplica(type, replica).take(fill(replica, size)),
    load(replica, saved) {
      const loaded = new DeltaReplica(type, replica)
      loaded.apply(saved)
      return loaded
    }
  })

  const fillSet = (replica: string, size: number): unknown => {
    const dots = new Map<string, unknown>()
    for (let i = 0; i < size; i++) dots.set(dot(replica, i + 1), elementName(i))
    return new DotSet(dots, new CausalContext(new Map([[replica, size]])))
  }

  // Inside an ormap the library calls every replica by a name of the map's own; one that is never used for a write is fine.
  const fillMap = (replica: string, size: number): unknown => {
    const state = new Map<string, Store>()
    for (let i = 0; i < size; i++) {
      const register = new DotSet(new Map([[dot(replica, i + 1), i]]))
      register.cc = null
      register.type = 'mvreg'
      state.set(elementName(i), register)
    }
    return new DotMap(new CausalContext(new Map([[replica, size]])), state)
  }

  return {
    name: 'delta-crdts',
    counter: kindOf('pncounter', () => {
      throw new Error('a counter has no size')
    }),
    set: kindOf('aworset', fillSet),
    map: kindOf('ormap', fillMap)
  }
}
