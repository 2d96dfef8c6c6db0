/** What the bench says to a node's process, and what comes back, over Node's own channel between parent and child. */
import type { Tasks } from './worker-tasks.ts'

export interface WorkerOptions {
  readonly name: string
  readonly data: string
  readonly clusterKey: Uint8Array
  readonly join: readonly string[]
  readonly listen: string
  /** Opens the HTTP door too. */
  readonly http: boolean
  /** Names of the voters that keep the lease store: the node has accounts of the `lease` mode too. */
  readonly voters?: readonly string[]
  /** @default as the node has it */
  readonly dissemination?: 'direct' | 'gossip'
  /** So many of the messages that carry updates are lost on their way to this node. @default 0 */
  readonly lostShare?: number
}

export interface WorkerReady {
  readonly id: string
  readonly addresses: readonly string[]
  readonly http: string | undefined
}

export type TaskName = keyof Tasks
export type TaskOptions<N extends TaskName> = Parameters<Tasks[N]>[0]
export type TaskResult<N extends TaskName> = Awaited<ReturnType<Tasks[N]>>

export type ToWorker =
  | { readonly type: 'start'; readonly options: WorkerOptions }
  | { readonly type: 'task'; readonly number: number; readonly name: TaskName; readonly options: unknown }
  /** Whoever leaves hands over and says farewell before it stops. */
  | { readonly type: 'stop'; readonly leaves: boolean }

export type FromWorker =
  | { readonly type: 'loaded' }
  | { readonly type: 'ready'; readonly ready: WorkerReady }
  | { readonly type: 'done'; readonly number: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly number: number; readonly message: string }
