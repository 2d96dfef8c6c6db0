/** How the simulated network behaves from one node to another, and how a way between them is cut. */
export interface LinkConditions {
  /** One way, drawn evenly per write, in milliseconds. @default { min: 0.05, max: 1 } */
  latencyMs: { min: number; max: number }
  /** Probability that a write takes up to `spikeMs` more. What was sent after it on the same channel waits behind it. @default 0 */
  spikeProbability: number
  /** @default 200 */
  spikeMs: number
  /** @default 100_000 (about a gigabit a second) */
  bytesPerMs: number
  /** Probability per write and per publication that a byte of it is changed on its way. @default 0 */
  corruptProbability: number
  /** Probabilities per publication and recipient. @default 0 */
  publishLoss: number
  publishDuplication: number
  publishReordering: number
  /** How much later a publication that is out of order may arrive, in milliseconds. @default 50 */
  reorderMs: number
  /** Probability that a new link carries records, but no publication, as long as it lives. @default 0 */
  deafProbability: number
}

export const calmLink: LinkConditions = {
  latencyMs: { min: 0.05, max: 1 },
  spikeProbability: 0,
  spikeMs: 200,
  bytesPerMs: 100_000,
  corruptProbability: 0,
  publishLoss: 0,
  publishDuplication: 0,
  publishReordering: 0,
  reorderMs: 50,
  deafProbability: 0
}

export interface Cut {
  /**
   * How long after the cut each end takes its links for dead, drawn evenly per end, in milliseconds. Infinity: never.
   * @default { min: 5000, max: 15000 }
   */
  detectionMs: { min: number; max: number }
  /**
   * What becomes of records under way. `vanish`: they are gone, and a link that lost one ends when the cut heals, since a stream
   * cannot go on with a hole. `wait`: they are sent again and arrive when it heals, if the link still lives (TCP, cut shortly).
   * @default 'vanish'
   */
  records: 'vanish' | 'wait'
}

export const plainCut: Cut = { detectionMs: { min: 5000, max: 15_000 }, records: 'vanish' }

/** Limits and times that are equal for all nodes. */
export interface FabricOptions {
  /** @default 3000 */
  dialTimeoutMs?: number
  /** A peer learns of a killed process after so long. @default { min: 5, max: 30 } */
  hangUpMs?: { min: number; max: number }
  /** Bytes on their way on one channel before the rest waits in its queue. @default 262_144 */
  windowBytes?: number
  /** Bytes in one channel's queue before `send` says no. @default 16_777_216 */
  maxQueuedBytes?: number
  /** Publications under way on one link before more are lost. @default 4096 */
  maxPublicationsUnderWay?: number
  /** Every node hears the addresses of every other when one of the two starts, as with mDNS. @default false */
  hasDiscovery?: boolean
}

export const fabricDefaults: Required<FabricOptions> = {
  dialTimeoutMs: 3000,
  hangUpMs: { min: 5, max: 30 },
  windowBytes: 262_144,
  maxQueuedBytes: 16_777_216,
  maxPublicationsUnderWay: 4096,
  hasDiscovery: false
}
