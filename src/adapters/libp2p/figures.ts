/** The figures that the libp2p network keeps. */
import type { Metrics } from '../../ports/metrics.ts'

export function figuresOf(metrics: Metrics) {
  const counter = (name: string, help: string) => metrics.counter(`shoal_network_${name}_total`, help)
  return {
    links: metrics.gauge('shoal_network_links', 'Peers with a link'),
    dials: counter('dials', 'Dials begun'),
    dialFailures: counter('dial_failures', 'Dials that ended without a link'),
    dialSeconds: metrics.histogram('shoal_network_dial_seconds', 'Time from dial to link'),
    refusals: counter('refusals', 'Handshakes refused, on either side'),
    deaf: counter('deaf_peers', 'Links ended because publications did not reach the peer'),
    silent: counter('silent_peers', 'Links ended because nothing arrived over them'),
    malformed: counter('malformed_streams', 'Links ended because a stream could not be read'),
    recordsSent: counter('records_sent', 'Records queued'),
    recordsTurnedAway: counter('records_turned_away', 'Records not queued because a queue was full'),
    recordsReceived: counter('records_received', 'Records received'),
    writes: counter('writes', 'Writes of one or many records to a stream'),
    publicationsSent: counter('publications_sent', 'Publications made here'),
    publicationsReceived: counter('publications_received', 'Publications heard'),
    publishFailures: counter('publish_failures', 'Publications that gossipsub did not take')
  }
}
