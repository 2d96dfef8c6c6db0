/** The figures that the libp2p network keeps. */
import type { Metrics } from '../../ports/metrics.ts'

export function figuresOf(metrics: Metrics) {
  return {
    dials: metrics.counter('shoal_network_dials_total', 'Dials begun'),
    dialFailures: metrics.counter('shoal_network_dial_failures_total', 'Dials that ended without a link'),
    dialSeconds: metrics.histogram('shoal_network_dial_seconds', 'Time from dial to link'),
    refusals: metrics.counter('shoal_network_refusals_total', 'Handshakes refused, on either side'),
    deaf: metrics.counter('shoal_network_deaf_peers_total', 'Links ended because publications did not reach the peer'),
    silent: metrics.counter('shoal_network_silent_peers_total', 'Links ended because nothing arrived over them'),
    malformed: metrics.counter(
      'shoal_network_malformed_streams_total',
      'Links ended because a stream could not be read'
    ),
    recordsSent: metrics.counter('shoal_network_records_sent_total', 'Records queued'),
    recordsTurnedAway: metrics.counter(
      'shoal_network_records_turned_away_total',
      'Records not queued because a queue was full'
    ),
    recordsReceived: metrics.counter('shoal_network_records_received_total', 'Records received'),
    writes: metrics.counter('shoal_network_writes_total', 'Writes of one or many records to a link'),
    publicationsSent: metrics.counter('shoal_network_publications_sent_total', 'Publications made here'),
    publicationsReceived: metrics.counter('shoal_network_publications_received_total', 'Publications heard'),
    publishFailures: metrics.counter('shoal_network_publish_failures_total', 'Publications that gossipsub did not take')
  }
}
