/** `shoal`: what a program needs to define actors and run a node. */
export {
  type ActorDefinition,
  type ActorMode,
  type ActorOptions,
  type AnyDefinition,
  type CallOptions,
  type Command,
  command,
  exclusive,
  type HandlerContext,
  type Query,
  query,
  type Reference,
  Refusal,
  refuse,
  replicated,
  type WriteLevel
} from './actors/definition.ts'
export type { PlainOf, Shape, ViewOf } from './actors/shape.ts'
export { newClusterKey, parseClusterKey } from './cluster-key.ts'
export {
  boundedCounter,
  type FieldType,
  flag,
  gCounter,
  gSet,
  type Json,
  json,
  list,
  lwwMap,
  lwwRegister,
  mvRegister,
  orMap,
  orSet,
  type Plain,
  pnCounter,
  type Schema,
  text,
  type View,
  vote
} from './crdt/index.ts'
export { createNode, type NodeOptions, protocolVersion } from './node.ts'
export { isShoalError, ShoalError, type ShoalErrorCode } from './ports/errors.ts'
export type { Logger } from './ports/logger.ts'
export type { Metrics } from './ports/metrics.ts'
export type { SandboxLimits } from './ports/sandbox.ts'
export type { ActorView, MembersView, MemberView, NodeEvents, ShoalNode } from './shoal-node.ts'
