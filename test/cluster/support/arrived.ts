/** Parts of catch-up streams, as a receiver takes them. */

import type { ArrivedFragment, FragmentSender } from '../../../src/cluster/shard-joining.ts'
import { type ActorState, CausalContext } from '../../../src/crdt/index.ts'

export function fragmentOf(state: ActorState, more: Partial<ArrivedFragment> = {}): ArrivedFragment {
  return { state, positions: [], held: CausalContext.empty, extra: CausalContext.empty, ...more }
}

export function senderOf(context: CausalContext): FragmentSender {
  return { context, floor: CausalContext.empty }
}
