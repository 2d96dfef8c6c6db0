/** `shoal`: what a program needs to define actors and run a node. */
export {
  type ActorDefinition,
  type ActorMode,
  type ActorOptions,
  type AnyDefinition,
  exclusive,
  type PartitionMode,
  replicated
} from './actors/definitions/definition.ts'
export {
  type EventSourcedOptions,
  type EventSourcedState,
  eventSourced,
  type HistoryRange,
  type PastPoint,
  type PastState,
  type RecordedEvent
} from './actors/definitions/event-sourced.ts'
export type {
  CommonContext,
  EventContext,
  HandlerContext,
  OutboxView,
  ValueContext
} from './actors/definitions/handler-context.ts'
export type { ReadLevel, WriteLevel } from './actors/definitions/levels.ts'
export { type Command, command, type Query, query } from './actors/definitions/method.ts'
export type { CallOptions, Outgoing, Reference, Send } from './actors/definitions/reference.ts'
export { Refusal, refuse } from './actors/definitions/refusal.ts'
export type { CrdtShape, PlainOf, Shape, ViewOf } from './actors/definitions/shape.ts'
export {
  type MergeOptions,
  type MergeValues,
  type ValueOptions,
  type ValueState,
  value
} from './actors/definitions/value-state.ts'
export type { SetAsideRecord } from './actors/leased/set-aside.ts'
export type { RefusedCommand } from './actors/outbox/outbox-log.ts'
export type { Overlap, OverlapSide } from './actors/requests/overlap-telling.ts'
export { newClusterKey, parseClusterKey } from './cluster-key.ts'
export {
  type BoundedCounterView,
  boundedCounter,
  type CounterView,
  type FieldType,
  type FlagView,
  flag,
  type GCounterView,
  type GSetView,
  gCounter,
  gSet,
  type Json,
  type JsonPath,
  type JsonView,
  json,
  type ListView,
  type LwwMapView,
  list,
  lwwMap,
  lwwRegister,
  type MapView,
  type MvRegisterView,
  mvRegister,
  orMap,
  orSet,
  type Plain,
  pnCounter,
  type RegisterView,
  type Schema,
  type SetView,
  type StampedRegisterView,
  type TextView,
  text,
  type View,
  type Votes,
  type VoteView,
  vote
} from './crdt/index.ts'
export type { LeaseStoreChoice, LeasesOptions } from './lease-stores.ts'
export { createNode, type GarbageOptions, type NodeOptions, protocolVersion } from './node.ts'
export { voterName } from './node-identity.ts'
export { isShoalError, ShoalError, type ShoalErrorCode } from './ports/errors.ts'
export type { Logger } from './ports/logger.ts'
export type { Metrics } from './ports/metrics.ts'
export type { SandboxLimits } from './ports/sandbox.ts'
export type { ActorView, LeaveOutcome, MembersView, MemberView, NodeEvents, ShoalNode } from './shoal-node.ts'
