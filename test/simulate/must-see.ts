/**
 * "Sometimes": what a long run must have seen at least once. One that never saw, say, a claim refused did not test what it claims
 * to. The nodes tell of it by what they count and log.
 */
import { faultKinds } from '../../src/simulation/faults.ts'

/** So many seeds of the usual kind are enough to see everything. */
export const seedsToSeeAll = 500

export const mustSee: readonly string[] = [
  ...faultKinds.map(kind => `fault: ${kind}`),
  'count: shoal_beacon_mismatches_total',
  'count: shoal_catch_up_failed_total',
  'count: shoal_catch_up_in_full_total',
  'count: shoal_catch_up_pulls_total',
  'count: shoal_catch_up_redundant_actors_total',
  'count: shoal_catch_up_resumed_total',
  'count: shoal_deaf_links_total',
  'count: shoal_damaged_shards_total',
  'count: shoal_documents_vetted_total',
  'count: shoal_event_loop_stalls_total',
  'count: shoal_floor_uncovered_total',
  'count: shoal_full_compare_differences_total',
  'count: shoal_full_compares_total',
  'count: shoal_garbage_dropped_total',
  'count: shoal_ownership_claims_total',
  'count: shoal_probe_failures_total',
  'count: shoal_push_dropped_total',
  'count: shoal_push_holds_total',
  'count: shoal_push_left_behind_total',
  'count: shoal_push_lost_total',
  'count: shoal_push_redundant_deltas_total',
  'count: shoal_push_repeated_total',
  'count: shoal_read_repairs_total',
  'count: shoal_rebalance_dropped_shards_total',
  'count: shoal_rebalance_fetched_shards_total',
  'count: shoal_refutations_total',
  'count: shoal_router_retries_total',
  'count: shoal_suspicions_total',
  'disk: a crash kept an unsynced batch',
  'disk: a crash lost an unsynced batch',
  'disk: a write failed',
  'disk: a write stalled',
  'log: a catch-up stream broke off',
  'log: a claim was not granted',
  'log: a node is alive',
  'log: a node is dead',
  'log: a node is suspect',
  'log: a note could not be kept on disk',
  'log: a pull broke off',
  'log: another process runs under the identity of this node, and is younger: was its data copied? This one ends',
  'log: shards could not be fetched yet',
  'log: the clock of a peer is off; its link ends',
  'log: the store has failed; this incarnation ends',
  'log: this process stood still; it serves again when the others have confirmed',
  'network: a cut ended a link',
  'network: a deaf link',
  'network: a publication was lost',
  'network: a clock was refused',
  'network: corrupt bytes ended a link',
  'network: records vanished',
  'network: records were held back',
  'network: records waited for a cut to heal',
  'trouble: a copied disk',
  'trouble: an old disk',
  'trouble: disaster',
  'trouble: killed after an acknowledgement',
  'trouble: killed in the middle of a write',
  'workload: a majority read',
  'workload: callers of a node that ended went on'
]

export function neverSeen(sightings: ReadonlyMap<string, number>): string[] {
  return mustSee.filter(what => (sightings.get(what) ?? 0) === 0)
}
