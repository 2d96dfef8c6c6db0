/** What the live page shows and may ask for: one snapshot of the cluster, sent a few times a second, and a handful of actions. */
import { z } from 'zod'

export interface Snapshot {
  readonly atMs: number
  readonly nodes: readonly NodeSnapshot[]
  readonly actor: ActorSnapshot | null
  readonly probes: ProbeSnapshot
}

export interface NodeSnapshot {
  readonly name: string
  readonly region: string
  readonly process: 'down' | 'starting' | 'running' | 'paused'
  /** How the last process ended: `SIGKILL`, `exit 1`. */
  readonly lastEnd: string | null
  readonly pid: number | null
  readonly http: string | null
  /** Where peers dial it. */
  readonly address: string | null
  readonly id: string | null
  /** Whether the drill keeps it away from all others. */
  readonly isCut: boolean
  /** What it last said of itself; `null` when it has not been asked or is down. */
  readonly says: NodeSays | null
}

export interface NodeSays {
  /** Whether the last question was answered in time. Otherwise the rest is what it said before. */
  readonly isFresh: boolean
  readonly incarnation: string
  readonly uptimeMs: number
  /** Names of the nodes it has a link with. */
  readonly links: readonly string[]
  /** Status of each member by name, in its view. */
  readonly sees: Readonly<Record<string, string>>
  readonly view: number
  /** Name of the owner of each shard, in its view. */
  readonly ring: readonly string[]
}

export interface ActorSnapshot {
  readonly kind: string
  readonly id: string
  /** By node; a node that is down is left out. */
  readonly on: Readonly<Record<string, ActorOnNode>>
}

export type ActorOnNode =
  | { readonly state: unknown; readonly mode: string; readonly shard: number; readonly owner: string | null }
  | { readonly error: string }

export interface ProbeSnapshot {
  /** Samples with a number above what the page has already, the oldest first. */
  readonly samples: readonly ProbeSample[]
  /** Over the writes of the last minute that came to be visible on all nodes; `null` when there was none. */
  readonly medianMs: number | null
  readonly p99Ms: number | null
  readonly count: number
}

export interface ProbeSample {
  readonly number: number
  readonly atMs: number
  readonly writer: string
  /** Nodes that could be reached, the writer among them. */
  readonly reached: number
  /** From the write to the last of these showing it; `null` where the writer was alone or it took too long. */
  readonly visibleMs: number | null
}

export interface Selection {
  readonly kind: string
  readonly id: string
}

const nodeName = z.string().max(64)
const maxIdLength = 1024

export const actionSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['cut', 'heal', 'kill', 'revive', 'pause', 'resume']), node: nodeName }),
  z.strictObject({
    type: z.literal('call'),
    node: nodeName,
    kind: z.string().max(256),
    id: z.string().max(maxIdLength),
    method: z.string().max(256),
    argument: z.json().optional()
  })
])
export type Action = z.infer<typeof actionSchema>
export type CallAction = Extract<Action, { type: 'call' }>
export type DrillAction = Exclude<Action, CallAction>

export const selectionSchema = z.object({
  kind: z.string().min(1).max(256),
  id: z.string().min(1).max(maxIdLength)
})

/** What stands behind the page. */
export interface PageModel {
  snapshot(selection: Selection | undefined, afterProbe: number): Snapshot
  /** Keeps this actor's value on each node up to date until the answer is called. */
  select(selection: Selection): () => void
  /** Throws a ShoalError, or an error with `code`, `message` and `retryable` that a node answered. */
  act(action: Action): Promise<unknown>
}
