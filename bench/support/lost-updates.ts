/** Makes this process's network lose some of the messages that carry updates, as they arrive. For measurements of what that costs. */
import { Libp2pNetwork } from '../../src/adapters/libp2p/network.ts'
import type { NetworkEvents } from '../../src/ports/network.ts'
import { SeededRandom } from '../../src/simulation/random.ts'

export function loseUpdates(share: number, seed: string): void {
  const random = new SeededRandom(`lost/${seed}`)
  const isLost = () => random.next() < share
  const { start } = Libp2pNetwork.prototype
  Libp2pNetwork.prototype.start = function (this: Libp2pNetwork, events: NetworkEvents) {
    const lossy: NetworkEvents = {
      ...events,
      published: (bytes, writer) => {
        if (!isLost()) events.published(bytes, writer)
      },
      record: (peer, channel, bytes) => {
        if (channel !== 'push' || !isLost()) events.record(peer, channel, bytes)
      }
    }
    return start.call(this, lossy)
  }
}
