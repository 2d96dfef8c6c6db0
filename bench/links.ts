/**
 * Links: messages of the size of a call that go to another process and back, over TCP, over TLS as Node has it, and over a link of Shoal.
 *
 * What a call between processes cannot be faster than. With 64 in flight all that came back goes out again at once, so that each
 * write carries many, as on a busy link.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { type ConnectionKind, connectionKinds, type EchoClient, echoClient, FarEnd } from './support/echo.ts'
import { monotonicMs } from './support/monotonic.ts'

export const links: Benchmark = {
  name: 'links',
  about: 'messages to another process and back, over TCP, TLS and a link: the bound of calls',
  async run(context) {
    const cases = connectionKinds.flatMap(kind => [1, 8, 64].map(inFlight => ({ kind, inFlight })))
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1}`)
      for (const { kind, inFlight } of cases) {
        const name = `${kind}, ${inFlight} in flight`
        if (context.wants(name)) context.add(name, await measure(context, kind, inFlight))
      }
    }
  }
}

async function measure(context: BenchContext, kind: ConnectionKind, inFlight: number) {
  const { far, address } = await FarEnd.start(kind, context.nodeOptions)
  await using _ = far
  await using client = await echoClient(kind, address)
  await load(client, inFlight, context.size(700, 20))
  const farBeforeUs = await far.cpuUs()
  const before = process.cpuUsage()
  const startMs = monotonicMs()
  const trips = await load(client, inFlight, context.size(1500, 50))
  const seconds = (monotonicMs() - startMs) / 1000
  const { user, system } = process.cpuUsage(before)
  const farUs = (await far.cpuUs()) - farBeforeUs
  return { roundTripsPerSecond: trips / seconds, cpuUsPerRoundTrip: (user + system + farUs) / trips }
}

/** A closed loop: what comes back goes out again, until the time is over and all is back. Answers how many came back. */
function load(client: EchoClient, inFlight: number, durationMs: number): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const endMs = monotonicMs() + durationMs
  let trips = 0
  let under = inFlight
  client.onEcho = count => {
    trips += count
    if (monotonicMs() < endMs) client.send(count)
    else under -= count
    if (under === 0) resolve(trips)
  }
  client.send(inFlight)
  return promise
}
