/**
 * What a library must do to be compared: make replicas of small types, change them and say the change in bytes, save and load
 * them, and bring one up to date with another. One adapter per library implements it with the calls its own docs recommend.
 */

/** One replica of one document. */
export interface Replica {
  /** Everything that another process needs to go on from here. */
  save(): Uint8Array
  /** Takes a change that another replica made, as bytes. */
  apply(update: Uint8Array): void
  /** The bytes that bring `behind` up to date. */
  changesFor(behind: this): Uint8Array
  plain(): unknown
}

/** Every change answers the bytes that go to the other replicas. */
export interface Counter extends Replica {
  increment(): Uint8Array
}

export interface StringSet extends Replica {
  add(element: string): Uint8Array
  remove(element: string): Uint8Array
  /** Many changes at once, by whatever is fastest; nothing is sent. */
  change(added: readonly string[], removed: readonly string[]): void
}

/** A map of registers. */
export interface NumberMap extends Replica {
  write(key: string, value: number): Uint8Array
}

/** Every edit is a change of its own. Positions count UTF-16 code units. */
export interface Text extends Replica {
  insert(at: number, text: string): Uint8Array
  remove(at: number, length: number): Uint8Array
}

/** A way to make, fill and load replicas of one type. */
export interface Kind<R extends Replica> {
  create(replica: string): R
  /** A replica that holds so many elements (`element-000000` …) or keys, by whatever is fastest. */
  filled(replica: string, size: number): R
  load(replica: string, saved: Uint8Array): R
}

export interface Library {
  readonly name: string
  readonly counter: Kind<Counter>
  readonly set: Kind<StringSet>
  readonly map: Kind<NumberMap>
  text?(replica: string): Text
}

export function elementName(i: number): string {
  return `element-${String(i).padStart(6, '0')}`
}
