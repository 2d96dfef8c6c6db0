/** What membership counts. */
import type { Metrics } from '../ports/metrics.ts'

export type MembershipFigures = ReturnType<typeof membershipFigures>

export function membershipFigures(metrics: Metrics) {
  return {
    present: metrics.gauge('shoal_members_present', 'Members that are alive or suspected, this node included'),
    admitted: metrics.gauge('shoal_members_admitted', 'Members that joined and have not left, dead ones included'),
    refused: metrics.counter(
      'shoal_members_refused_total',
      'Records of strangers refused because the member table is full'
    ),
    dropped: metrics.counter(
      'shoal_members_dropped_total',
      'Members known by hearsay only that were let go of, because the member table is full and others were more credible'
    ),
    implausible: metrics.counter(
      'shoal_members_implausible_total',
      'Records ignored because the process they tell of began more than a day from now'
    ),
    unsigned: metrics.counter(
      'shoal_members_unsigned_total',
      'Records of members refused because they say what the member has not signed'
    ),
    probeFailures: metrics.counter(
      'shoal_probe_failures_total',
      'Probes that no answer came to, direct or through others'
    ),
    suspicions: metrics.counter('shoal_suspicions_total', 'Members that became suspect, by own finding or by news'),
    refutations: metrics.counter('shoal_refutations_total', 'Times that this node had to say that it is alive'),
    stalls: metrics.counter(
      'shoal_event_loop_stalls_total',
      'Times that this node stood still for longer than a tick may'
    ),
    deaf: metrics.counter('shoal_deaf_links_total', 'Links ended because a peer did not answer over them'),
    clockOffset: metrics.gauge(
      'shoal_clock_offset_seconds',
      'Largest distance between the wall clock of a linked peer and that of this node'
    ),
    health: metrics.gauge(
      'shoal_local_health_multiplier',
      'How much slower this node accuses others, 1 when it is well'
    )
  }
}
