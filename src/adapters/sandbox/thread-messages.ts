/** What the main thread and a sandbox's thread say to each other. Bytes are given away, not shared. */

import type { SandboxAnswer } from '../../ports/sandbox.ts'
import type { MergeJob } from '../../ports/sandbox-room.ts'

/** Given at the thread's start. */
export interface ThreadOrders {
  readonly engine: string
  /** URLs, imported in this order. The last one exports `engineOf(engine, content): SandboxEngine`. */
  readonly modules: readonly string[]
  readonly maxOpenBytes: number
}

export interface ThreadJob extends MergeJob {
  readonly mark: number
}

export type ThreadMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'unavailable'; readonly reason: string }
  | { readonly type: 'answer'; readonly answer: SandboxAnswer }
