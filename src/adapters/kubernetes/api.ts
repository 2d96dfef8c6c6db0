/** Requests to Kubernetes' API server, as its configuration says. One that was turned away for too much work is sent again. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent, type RequestOptions } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Clock } from '../../ports/clock.ts'
import { exchange, type HttpAnswer } from '../http-exchange.ts'

export type Json = Readonly<Record<string, unknown>>

export interface KubernetesAnswer {
  readonly status: number
  /** Of a failure: `NotFound`, `Conflict`, `AlreadyExists`, … */
  readonly reason: string
  readonly message: string
  readonly body: Json
}

const maxSockets = 8
const maxRetryAfterS = 30

export class KubernetesApi {
  readonly #config: KubeConfig
  readonly #clock: Clock
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets })
  /** Certificates are part of what tells one of its connections from another. */
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets })

  constructor(config: KubeConfig, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** Path with its query. 429 comes before the server has looked at a request, so sending it again sends it once. */
  async ask(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<KubernetesAnswer> {
    for (;;) {
      signal.throwIfAborted()
      const answer = await this.#exchange(method, path, body, signal)
      if (answer.status !== 429) return read(answer)
      const waitS = Number(answer.headers['retry-after'] ?? 1)
      await this.#wait(Math.min(maxRetryAfterS, waitS > 0 ? waitS : 1) * 1000, signal)
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  async #exchange(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<HttpAnswer> {
    const server = this.#config.getCurrentCluster()?.server ?? ''
    if (!URL.canParse(server)) throw new Error(`the configuration names no API server, but ${server}`)
    const url = new URL(server.replace(/\/$/, '') + path)
    // Fills in what authenticates: a token, which may be new each time, or a certificate.
    const options: RequestOptions = {}
    await this.#config.applyToHTTPSOptions(options)
    const headers = {
      ...options.headers,
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' })
    }
    const agent = url.protocol === 'https:' ? this.#https : this.#http
    return await exchange(url, { ...options, method, headers, agent, signal }, body && JSON.stringify(body))
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#clock.after(ms, end)
      function end() {
        timer.cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      signal.addEventListener('abort', end)
    })
  }
}

function read({ status, text }: HttpAnswer): KubernetesAnswer {
  const value: unknown = text === '' ? {} : JSON.parse(text)
  const body = (typeof value === 'object' && value !== null ? value : {}) as Json
  const { reason, message } = body
  return {
    status,
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message : '',
    body
  }
}
