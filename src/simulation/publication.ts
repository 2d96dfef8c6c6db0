/** One publication on its way over one link: lost, doubled or late, each copy with a fate of its own. */
import type { SimulatedFabric } from './fabric.ts'
import type { LinkEnd } from './link.ts'

/** `hear` runs at the other end, once for every copy that arrives. */
export function publishOver(fabric: SimulatedFabric, end: LinkEnd, bytes: Uint8Array, hear: () => void): void {
  const { random, sightings } = fabric
  const { publishLoss, publishDuplication, publishReordering, reorderMs, corruptProbability } = end.path.conditions
  if (end.isDeaf) return
  const copies = random.chance(publishDuplication) ? 2 : 1
  if (copies === 2) sightings.see('network: a publication was doubled')
  for (let copy = 0; copy < copies; copy++) {
    if (random.chance(publishLoss) || end.publicationsUnderWay >= fabric.options.maxPublicationsUnderWay) {
      sightings.see('network: a publication was lost')
      continue
    }
    const isCorrupt = random.chance(corruptProbability)
    const isLate = random.chance(publishReordering)
    if (isLate) sightings.see('network: a publication was late')
    const delayUs = fabric.latencyUs(end.path, bytes.length) + (isLate ? random.between(0, reorderMs) * 1000 : 0)
    end.publicationsUnderWay++
    fabric.time.schedule(delayUs, end.peer.owner.process, () => {
      end.publicationsUnderWay--
      if (end.path.cut === undefined && end.peer.state === 'up') {
        if (isCorrupt) end.peer.owner.table.receivedCorrupt(end.peer)
        else hear()
      } else sightings.see('network: a publication was lost')
    })
  }
}
