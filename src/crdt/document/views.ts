/**
 * What users see of documents, and what an engine brings for it: the few operations of `TextContent`, `ListContent` or
 * `JsonContent`. Positions, paths and values are checked before (text-field.ts and its like), so that misuse gives the same
 * `SHOAL_BAD_ARGUMENT` whatever the engine.
 */
import type { Json } from '../json-value.ts'

export interface TextView {
  /** In UTF-16 code units, as all positions. */
  readonly length: number
  toString(): string
  /** Throws `SHOAL_BAD_ARGUMENT` where `at` is not a position in the text. */
  insert(at: number, text: string): void
  remove(at: number, length: number): void
}

/** Items are JSON values. An item cannot be changed, only removed and inserted anew. */
export interface ListView<T> {
  readonly length: number
  /** `undefined` where there is none. */
  get(at: number): T | undefined
  values(): T[]
  /** Throws `SHOAL_BAD_ARGUMENT` where `at` is not a position in the list, or an item is not a JSON value. */
  insert(at: number, ...items: readonly T[]): void
  push(...items: readonly T[]): void
  /** @default one item */
  remove(at: number, length?: number): void
}

/** The way from the root to a place: keys of objects and positions in arrays. */
export type JsonPath = readonly (string | number)[]

/** A JSON object. Objects and arrays in it are changed place by place; strings, numbers, booleans and null are replaced. */
export interface JsonView {
  /** The whole as a plain value. */
  readonly value: { readonly [key: string]: Json }
  /** The plain value of a place; `undefined` where there is none. */
  get(...path: JsonPath): Json | undefined
  /** Throws `SHOAL_BAD_ARGUMENT` where the place's parent is not there, or the value is not JSON. */
  set(path: JsonPath, value: Json): void
  /** Takes away a key, or one item of an array. Where there is none, nothing happens. */
  remove(path: JsonPath): void
  /** `path` leads to an array. */
  insert(path: JsonPath, at: number, ...items: readonly Json[]): void
  push(path: JsonPath, ...items: readonly Json[]): void
}

/** Positions are in UTF-16 code units and were checked. `D` as in `DocumentEngine`: changes answer the document to use. */
export interface TextContent<D> {
  length(doc: D): number
  read(doc: D): string
  /** Whether a position is between the two halves of a character. */
  splitsCharacter(doc: D, at: number): boolean
  insert(doc: D, at: number, text: string): D
  remove(doc: D, at: number, length: number): D
}

/** Positions were checked, items are JSON. */
export interface ListContent<D> {
  length(doc: D): number
  get(doc: D, at: number): Json
  read(doc: D): Json[]
  insert(doc: D, at: number, items: readonly Json[]): D
  remove(doc: D, at: number, length: number): D
}

/** What is at a place. `size` is the number of items; of an object nobody asks for it. */
export type JsonPlace =
  | { readonly kind: 'object' | 'array'; readonly size: number }
  | { readonly kind: 'scalar' }
  | undefined

export interface JsonContent<D> {
  /** `undefined` where there is nothing. */
  placeOf(doc: D, path: JsonPath): JsonPlace
  /** Of a place that is there. An object deeper than `maxJsonDepth` reads as null. */
  read(doc: D, path: JsonPath): Json
  /** The parent is there, and an item of an array too. */
  set(doc: D, path: JsonPath, value: Json): D
  /** The place is there. */
  remove(doc: D, path: JsonPath): D
  /** The array is there. */
  insert(doc: D, path: JsonPath, at: number, items: readonly Json[]): D
}
