/**
 * What a replicated database must do to be compared: one map of registers, shared by processes that are linked directly with each
 * other, written anywhere, also while cut off. One adapter per database, with the calls its own docs recommend and its defaults.
 */
export interface Database {
  /** Where the other processes reach this one. */
  readonly address: string
  /** Name of the shared map, under which others open it. */
  readonly map: string
  /** Ends all links, and makes and takes none until `mend`. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** Resolves when the database itself says that the write is done here. */
  put(key: string, value: number): Promise<void>
  get(key: string): Promise<number | undefined>
  /** From now on calls with the values of this key that become visible here; it may skip some. */
  watch(key: string, seen: (value: number) => void): void
  /** Equal in two processes when their maps are. */
  digest(): Promise<string>
}

export interface DatabaseOptions {
  /** It keeps here what it stores. */
  readonly directory: string
  /** 32 bytes, the same for all processes of a run, where a database wants such. */
  readonly secret: Uint8Array
  /** The processes that were started before this one, and the map that the first of them made. */
  readonly others: readonly string[]
  readonly map: string | undefined
}

export type OpenDatabase = (options: DatabaseOptions) => Promise<Database>
