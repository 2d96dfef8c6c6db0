/**
 * States, which come as JSON, as server-sent events: one `data:` line per state.
 *
 * A state is asked for only when the client has taken what was sent before, so a slow client costs one state, not a queue of
 * them. A watch that fails says why, in an event `failed`, and the stream ends. Comments in quiet times keep proxies from hanging up and find clients that are gone. However the stream ends, the
 * states are told, with `return()`.
 */
import { Readable } from 'node:stream'

export interface EventStreamOptions {
  /** Sent before all others: the state that was read to see that there is one. */
  readonly first: string
  /** What is said of a failure, as plain data; `undefined` where it is nobody's business, and the stream just breaks off. */
  readonly failure: (error: unknown) => unknown
  /** Quiet time after which a comment is sent, in milliseconds. */
  readonly heartbeatMs: number
}

export function eventStream(states: AsyncIterator<string>, options: EventStreamOptions): Readable {
  let isAsking = false
  let isFirst = true
  const ask = async () => {
    const next = await states.next()
    isAsking = false
    if (!stream.destroyed) stream.push(next.done === true ? null : frame(next.value))
  }
  const fail = (error: unknown) => {
    const failure = options.failure(error)
    if (failure === undefined) stream.destroy(error instanceof Error ? error : new Error(String(error)))
    else if (!stream.destroyed) {
      stream.push(`event: failed\n${frame(JSON.stringify(failure))}`)
      stream.push(null)
    }
  }
  const stream = new Readable({
    highWaterMark: 0,
    read() {
      if (isFirst) {
        isFirst = false
        stream.push(frame(options.first))
      } else if (!isAsking) {
        isAsking = true
        ask().catch(error => fail(error))
      }
    },
    destroy(error, done) {
      clearInterval(heartbeat)
      Promise.resolve(states.return?.()).then(
        () => done(error),
        cause => done(error ?? cause)
      )
    }
  })
  const heartbeat = setInterval(() => {
    // Only where the client waits for us: into a full pipe a comment would be one more thing to keep.
    if (isAsking && stream.readableLength === 0) stream.push(': \n\n')
  }, options.heartbeatMs)
  heartbeat.unref()
  return stream
}

/** JSON text has no line breaks of its own, so one `data:` line holds it. */
function frame(json: string): string {
  return `data: ${json}\n\n`
}
