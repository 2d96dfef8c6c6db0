/**
 * Numbers that pair requests with replies, over links that belong to nodes and not to their lives: a reply that was owed to an earlier
 * life of a node can come to a later one. So each life begins to count where its incarnation says, and no two meet.
 */
import type { Origin } from '../crdt/index.ts'
import { crc32c } from './checksum.ts'
import { utf8Of } from './utf8.ts'

/** Room for the requests of a life; the number stays a safe integer. */
const perLife = 2 ** 20

export class RequestNumbers {
  #last: number

  /** `uint32`: the numbers stay below 2^32, and lives are some requests apart, not a million. */
  constructor(life: Origin, type: 'uint32' | 'uint64' = 'uint64') {
    const start = crc32c(utf8Of(life))
    this.#last = type === 'uint64' ? start * perLife : start >>> 1
  }

  next(): number {
    return ++this.#last
  }
}
