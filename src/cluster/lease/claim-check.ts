/**
 * What a replica asks the lease store before it believes an epoch: where it remembers nothing, and where the epoch is far above all it knows.
 *
 * A replica without a head may be one that lost it, with promises. Every claim was written into the store before anybody was asked to
 * promise it, so nothing that was forgotten is above what the store has now: that it promises first. And an epoch that nobody has
 * claimed is nobody's, whoever names it.
 */
import type { LeaseStore } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { LeaseMessage } from './lease-messages.ts'
import { ownershipFrom, ownershipKey } from './lease-registers.ts'
import { maxEpochLeap } from './lineage.ts'
import type { Replica } from './replica.ts'

export interface ClaimCheckParts {
  readonly store: LeaseStore
  readonly logger: Logger
  /** Throws where it is not the store of this disk. */
  isOwnStore(): Promise<void>
  /** Of a call to the store. */
  deadline(): number
}

/** Shards asked for at once. Of others, and of those under way, what comes is dropped: who sends it sends it again. */
const maxAsked = 16

export class ClaimCheck {
  readonly #parts: ClaimCheckParts
  readonly #asked = new Set<number>()

  constructor(parts: ClaimCheckParts) {
    this.#parts = parts
  }

  isNeeded(replica: Replica, { kind, epoch }: LeaseMessage): boolean {
    if (kind !== 'seal' && kind !== 'entries') return false
    return replica.mustAsk || epoch > replica.promise + maxEpochLeap
  }

  /** Answers whether the epoch was claimed; then the replica has promised what was claimed last. */
  async passes(replica: Replica, { epoch }: LeaseMessage): Promise<boolean> {
    const { shard } = replica
    const { store, logger, deadline, isOwnStore } = this.#parts
    if (this.#asked.has(shard) || this.#asked.size >= maxAsked) return false
    this.#asked.add(shard)
    try {
      await isOwnStore()
      const register = await store.read(ownershipKey(shard), deadline())
      const claimed = register === undefined ? 0 : ownershipFrom(register).epoch
      if (epoch <= claimed) {
        replica.promiseTo(claimed)
        return true
      }
      logger.warn('a node speaks for an epoch of a lease shard that nobody has claimed', { shard, epoch, claimed })
    } catch (error) {
      logger.debug('a replica of a lease shard could not ask the lease store', { shard, err: error })
    } finally {
      this.#asked.delete(shard)
    }
    return false
  }
}
