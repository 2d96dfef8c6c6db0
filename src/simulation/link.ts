/**
 * One end of a link between two simulated nodes: four channels, each a bounded queue, a window of bytes under way, and an order
 * that holds until the link ends. What becomes of records on a cut way is said in link-conditions.ts.
 */
import type { Channel } from '../ports/network.ts'
import type { Path, SimulatedFabric } from './fabric.ts'
import type { SimulatedNetwork } from './network.ts'
import type { SimulatedEvent } from './time.ts'

interface Lane {
  readonly channel: Channel
  queue: Uint8Array[]
  queuedBytes: number
  underWayBytes: number
  /** What arrives when its time has come, in its order. */
  readonly underWay: Set<Arrival>
  lastArrivalUs: number
  isDeparting: boolean
  /** Writes that wait for a cut to heal, or for the receiver to read on, in their order. */
  held: Write[]
}

interface Write {
  readonly records: Uint8Array[]
  readonly bytes: number
  readonly isCorrupt: boolean
}

interface Arrival {
  readonly bytes: number
  event: SimulatedEvent | undefined
  arrive(): void
}

/** `opening`: the other side has accepted, this one does not know it yet. */
export type EndState = 'opening' | 'up' | 'closed'

/** What a record costs beside its bytes, so that empty records fill a queue too. */
const recordOverheadBytes = 8

export class LinkEnd {
  readonly owner: SimulatedNetwork
  readonly path: Path
  readonly isDeaf: boolean
  readonly #fabric: SimulatedFabric
  readonly #lanes: Record<Channel, Lane> = {
    control: lane('control'),
    calls: lane('calls'),
    push: lane('push'),
    bulk: lane('bulk')
  }
  state: EndState
  /** A record vanished on its way: this stream has a hole and cannot go on. */
  hasHole = false
  publicationsUnderWay = 0
  /** The other side does not know of the link before. */
  #opensUs = 0
  #peer: LinkEnd | undefined

  constructor(fabric: SimulatedFabric, owner: SimulatedNetwork, path: Path, state: EndState) {
    this.#fabric = fabric
    this.owner = owner
    this.path = path
    this.state = state
    this.isDeaf = fabric.random.chance(path.conditions.deafProbability)
    if (this.isDeaf) fabric.sightings.see('network: a deaf link')
  }

  /** The other end. */
  get peer(): LinkEnd {
    if (this.#peer === undefined) throw new TypeError('a link has two ends')
    return this.#peer
  }

  static join(a: LinkEnd, b: LinkEnd): void {
    a.#peer = b
    b.#peer = a
  }

  /** Nothing of this end arrives before this moment: the other side does not know of the link yet. */
  arrivesAfter(timeUs: number): void {
    this.#opensUs = Math.max(this.#opensUs, timeUs + 1)
    for (const lane of Object.values(this.#lanes)) lane.lastArrivalUs = Math.max(lane.lastArrivalUs, this.#opensUs)
  }

  send(channel: Channel, record: Uint8Array): boolean {
    const lane = this.#lanes[channel]
    const bytes = record.length + recordOverheadBytes
    if (lane.queuedBytes + bytes > this.#fabric.options.maxQueuedBytes) {
      this.#fabric.sightings.see('network: a queue was full')
      return false
    }
    lane.queue.push(record.slice())
    lane.queuedBytes += bytes
    this.#departSoon(lane)
    return true
  }

  queuedBytes(channel: Channel): number {
    return this.#lanes[channel].queuedBytes
  }

  /** This end is over: queues are dropped. */
  close(): void {
    this.state = 'closed'
    for (const lane of Object.values(this.#lanes)) {
      lane.queue = []
      lane.queuedBytes = 0
      lane.held = []
    }
  }

  /** The way of this end was healed, or the other end reads on: what waited arrives, in its order. */
  release(): void {
    for (const lane of Object.values(this.#lanes)) {
      if (lane.held.length === 0 || this.#isHeldBack(lane)) continue
      this.#arriveAt(this.#arrivalUs(lane, 0), lane, 0, () => {
        if (this.path.cut !== undefined || this.#isHeldBack(lane)) return
        for (const write of lane.held.splice(0)) this.#deliver(lane, write)
      })
    }
  }

  /**
   * The way of this end is faster than it was: what is under way on it takes no longer than it would if it were sent now. Nothing is drawn,
   * so that all else in a seed goes as it would.
   */
  hasten(): void {
    const { time } = this.#fabric
    const { latencyMs, bytesPerMs } = this.path.conditions
    for (const lane of Object.values(this.#lanes)) {
      let earliestUs = Math.max(time.nowUs, this.#opensUs)
      for (const arrival of [...lane.underWay]) {
        const { event, bytes } = arrival
        if (event === undefined || event.timeUs <= time.nowUs) continue // a receiver that stands still has it already
        const anewUs = Math.ceil(time.nowUs + (latencyMs.max + bytes / bytesPerMs) * 1000)
        earliestUs = Math.max(earliestUs, Math.min(event.timeUs, anewUs))
        lane.lastArrivalUs = earliestUs
        if (earliestUs >= event.timeUs) continue
        event.cancel()
        this.#schedule(arrival, earliestUs, lane)
      }
    }
  }

  #arriveAt(arrivalUs: number, lane: Lane, bytes: number, arrive: () => void): void {
    const arrival: Arrival = { bytes, event: undefined, arrive }
    lane.underWay.add(arrival)
    this.#schedule(arrival, arrivalUs, lane)
  }

  #schedule(arrival: Arrival, arrivalUs: number, lane: Lane): void {
    const { time } = this.#fabric
    arrival.event = time.schedule(arrivalUs - time.nowUs, this.peer.owner.process, () => {
      lane.underWay.delete(arrival)
      arrival.arrive()
    })
  }

  #departSoon(lane: Lane): void {
    if (lane.isDeparting) return
    lane.isDeparting = true
    this.owner.process.schedule(0, () => {
      lane.isDeparting = false
      if (this.state === 'up') this.#depart(lane)
    })
  }

  #depart(lane: Lane): void {
    const { windowBytes } = this.#fabric.options
    const records: Uint8Array[] = []
    let bytes = 0
    for (const record of lane.queue) {
      if (lane.underWayBytes + bytes >= windowBytes) break
      records.push(record)
      bytes += record.length + recordOverheadBytes
    }
    if (records.length === 0) return
    lane.queue.splice(0, records.length)
    lane.queuedBytes -= bytes
    lane.underWayBytes += bytes
    const arrivalUs = this.#arrivalUs(lane, bytes)
    const isCorrupt = this.#fabric.random.chance(this.path.conditions.corruptProbability)
    this.#arriveAt(arrivalUs, lane, bytes, () => this.#arrive(lane, { records, bytes, isCorrupt }))
  }

  /** Not before what was sent earlier on this channel. */
  #arrivalUs(lane: Lane, bytes: number): number {
    const arrivalUs = Math.ceil(this.#fabric.time.nowUs + this.#fabric.latencyUs(this.path, bytes))
    lane.lastArrivalUs = Math.max(arrivalUs, lane.lastArrivalUs)
    return lane.lastArrivalUs
  }

  #arrive(lane: Lane, write: Write): void {
    if (this.state === 'closed' && this.peer.state === 'closed') return
    const { cut } = this.path
    if (cut?.records === 'vanish' || this.hasHole) {
      this.hasHole = true
      this.#fabric.sightings.see('network: records vanished')
    } else if (cut !== undefined || lane.held.length > 0 || this.#isHeldBack(lane)) {
      this.#fabric.sightings.see(
        cut === undefined ? 'network: records were held back' : 'network: records waited for a cut to heal'
      )
      lane.held.push(write)
    } else {
      this.#deliver(lane, write)
    }
  }

  #isHeldBack(lane: Lane): boolean {
    return this.peer.owner.holds(lane.channel)
  }

  #deliver(lane: Lane, write: Write): void {
    const receiver = this.peer
    if (write.isCorrupt && receiver.state === 'up') {
      receiver.owner.table.receivedCorrupt(receiver)
      return
    }
    for (const record of write.records) {
      if (receiver.state !== 'up') return
      receiver.owner.receive(this.owner.self, lane.channel, record)
    }
    lane.underWayBytes -= write.bytes
    if (lane.queue.length > 0) this.#departSoon(lane)
  }
}

function lane(channel: Channel): Lane {
  return {
    channel,
    queue: [],
    queuedBytes: 0,
    underWayBytes: 0,
    underWay: new Set(),
    lastArrivalUs: 0,
    isDeparting: false,
    held: []
  }
}
