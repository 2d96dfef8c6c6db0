/** `shoal/crdt`: the data types, as fields of a schema, as states and deltas, and as bytes. */

export { isShoalError, ShoalError, type ShoalErrorCode } from '../ports/errors.ts'
export { type Batch, type BatchUpdate, decodeBatch, encodeBatch, maxBatchUpdates } from './batch.ts'
export { type BoundedCounterOptions, type BoundedCounterView, boundedCounter } from './bounded-counter-field.ts'
export { CausalContext } from './context.ts'
export { either } from './covers.ts'
export { clientIdOf } from './document/client-id.ts'
export type { JsonPath, JsonView, ListView, TextView } from './document/views.ts'
export type { Covers, Dot, Origin } from './dot.ts'
export {
  type CounterView,
  type FlagOptions,
  type FlagView,
  flag,
  type GCounterView,
  type GSetView,
  gCounter,
  gSet,
  type LwwMapView,
  lwwMap,
  lwwRegister,
  type MapOptions,
  type MapView,
  type MvRegisterView,
  mvRegister,
  orMap,
  orSet,
  pnCounter,
  type RegisterOptions,
  type RegisterView,
  type SetView,
  type StampedRegisterView
} from './fields.ts'
export type { Json } from './json-value.ts'
export { PackedStates } from './packed-states.ts'
export type { RegisterClock } from './register.ts'
export { Replica, type ReplicaOptions } from './replica.ts'
export type { PlainScalar, Scalar, ScalarKind } from './scalar.ts'
export {
  checkSchema,
  type FieldType,
  type NestableType,
  openView,
  type Plain,
  plainValue,
  type Schema,
  type View
} from './schema.ts'
export {
  compareSchemas,
  describeField,
  describeSchema,
  type FieldChange,
  type SchemaComparison,
  type SchemaDescription
} from './schema-description.ts'
export {
  type ActorState,
  type Delta,
  decodeDelta,
  decodeState,
  diffState,
  emptyState,
  encodeDelta,
  encodeState,
  identityOf,
  isEmptyState,
  joinDelta,
  joinDeltas,
  joinStates,
  liveDots
} from './state.ts'
export { Transaction, type TransactionOptions } from './transaction.ts'
export type { Votes } from './vote.ts'
export { type VoteView, vote } from './vote-field.ts'
export { json, list, text } from './yjs/fields.ts'
