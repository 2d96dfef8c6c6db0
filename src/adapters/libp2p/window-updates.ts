/**
 * Fewer window updates of yamux: when half of the window is used up, and not after every frame.
 *
 * js-libp2p's yamux (8.0) answers each frame that it receives with a window update, so that a small record costs its receiver a
 * write of its own. The yamux specification leaves it to the receiver when to send them; half a window is what others do
 * (https://github.com/hashicorp/yamux/blob/master/spec.md).
 */
import type { Stream } from '@libp2p/interface'

/** What yamux's stream has and its interface leaves out. */
interface YamuxInternals {
  recvWindow?: unknown
  recvWindowCapacity?: unknown
  sendWindowUpdate?: unknown
}

/** For a stream that both sides have written to. Where it is none of yamux's, nothing is changed. */
export function updateWindowSeldom(stream: Stream): void {
  const internals = stream as YamuxInternals
  const { sendWindowUpdate } = internals
  if (typeof sendWindowUpdate !== 'function') return
  internals.sendWindowUpdate = () => {
    const { recvWindow, recvWindowCapacity } = internals
    const isHalfFree =
      typeof recvWindow === 'number' && typeof recvWindowCapacity === 'number' && recvWindowCapacity > recvWindow / 2
    if (!isHalfFree) sendWindowUpdate.call(stream)
  }
}
