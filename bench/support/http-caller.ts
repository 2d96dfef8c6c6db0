/** A closed loop of POSTs to one node's door over connections that stay open. */
import { Agent, request } from 'node:http'
import { monotonicMs } from './monotonic.ts'

export class HttpCaller {
  readonly #base: string
  readonly #agent: Agent

  constructor(base: string, connections: number) {
    this.#base = base
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Answers the time of each call, in milliseconds. An answer other than 200 ends the measurement with an error. */
  async load(durationMs: number, inFlight: number, next: () => { path: string; body: string }): Promise<number[]> {
    const tookMs: number[] = []
    const endMs = monotonicMs() + durationMs
    const loop = async () => {
      for (let nowMs = monotonicMs(); nowMs < endMs; ) {
        const { path, body } = next()
        await this.#post(path, body)
        const doneMs = monotonicMs()
        tookMs.push(doneMs - nowMs)
        nowMs = doneMs
      }
    }
    try {
      await Promise.all(Array.from({ length: inFlight }, loop))
      return tookMs
    } finally {
      this.#agent.destroy()
    }
  }

  #post(path: string, body: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request(this.#base + path, { method: 'POST', agent: this.#agent, headers }, response => {
      response.resume()
      response.on('error', reject)
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${path}: ${response.statusCode}`))
      )
    })
    call.on('error', reject)
    call.end(body)
    return promise
  }
}
