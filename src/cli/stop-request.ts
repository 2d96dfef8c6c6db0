/**
 * The request to end, whoever makes it and however often: the first counts.
 *
 * Signals come twice where a terminal and npm both pass them on. Listening begins before the rest of the program is loaded, so that
 * a signal in the first second ends the process like any other.
 */
export interface StopRequest {
  /** Resolves with who asked. */
  readonly requested: Promise<string>
  request(reason: string): void
}

export function listenForStop(): StopRequest {
  const { promise: requested, resolve: request } = Promise.withResolvers<string>()
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, request)
  return { requested, request }
}
