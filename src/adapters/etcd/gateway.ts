/** Requests to etcd's JSON gateway: one endpoint after the other where they fail, with a password where one is needed. */
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { ShoalError } from '../../ports/errors.ts'
import { exchange } from '../http-exchange.ts'

export interface EtcdGatewayOptions {
  /** Such as `https://etcd-0:2379`, at least one. Where one fails the next is asked. */
  endpoints: readonly string[]
  /** @default none: without authentication, or by `tls.cert` */
  user?: { readonly name: string; readonly password: string }
  /** In PEM. @default the authorities that Node knows, and no certificate of the client's */
  tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string }
}

type Json = Readonly<Record<string, unknown>>

const maxSockets = 8

export class EtcdGateway {
  readonly #endpoints: readonly URL[]
  readonly #options: EtcdGatewayOptions
  readonly #agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent }
  #current = 0
  #token: Promise<string> | undefined

  constructor(options: EtcdGatewayOptions) {
    this.#options = options
    this.#endpoints = options.endpoints.map(endpointOf)
    if (this.#endpoints.length === 0)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', 'the lease store etcd needs an endpoint')
    const limits = { keepAlive: true, maxSockets }
    this.#agents = { 'http:': new HttpAgent(limits), 'https:': new HttpsAgent({ ...limits, ...options.tls }) }
  }

  /** Sends the request once; again only where etcd has refused it for an old token, and so has not looked at it. */
  async post(path: string, body: object, signal: AbortSignal): Promise<Json> {
    if (this.#options.user === undefined) return await this.#post(path, body, signal, undefined)
    const token = this.#login(signal)
    try {
      return await this.#post(path, body, signal, await token)
    } catch (error) {
      if (!(error instanceof GatewayError) || !error.isOldToken) throw error
    }
    if (this.#token === token) this.#token = undefined
    return await this.#post(path, body, signal, await this.#login(signal))
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  #login(signal: AbortSignal): Promise<string> {
    if (this.#token !== undefined) return this.#token
    const login = this.#post('/v3/auth/authenticate', this.#options.user ?? {}, signal, undefined).then(({ token }) => {
      if (typeof token !== 'string') throw new Error('etcd gave no token')
      return token
    })
    this.#token = login
    login.catch(() => {
      if (this.#token === login) this.#token = undefined
    })
    return login
  }

  async #post(path: string, body: object, signal: AbortSignal, token: string | undefined): Promise<Json> {
    const at = this.#current
    const endpoint = this.#endpoints[at % this.#endpoints.length] as URL
    try {
      const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: token }) }
      const agent = this.#agents[endpoint.protocol === 'https:' ? 'https:' : 'http:']
      const options = { method: 'POST', headers, agent, signal }
      const { status, text } = await exchange(new URL(path, endpoint), options, JSON.stringify(body))
      const answer = parsed(text)
      if (status === 200) return answer
      throw new GatewayError(status, answer)
    } catch (error) {
      // It may be that this member cannot, and another can.
      if (this.#current === at) this.#current = (at + 1) % this.#endpoints.length
      throw error
    }
  }
}

class GatewayError extends Error {
  readonly isOldToken: boolean

  constructor(status: number, answer: Json) {
    const { message, error } = answer
    const said = typeof message === 'string' ? message : typeof error === 'string' ? error : ''
    super(`etcd answered ${status}: ${said.slice(0, 500)}`)
    this.isOldToken = /invalid auth token|auth: revision/.test(said)
  }
}

function parsed(text: string): Json {
  const value: unknown = JSON.parse(text)
  if (typeof value !== 'object' || value === null) throw new Error('etcd answered with something that is no object')
  return value as Json
}

function endpointOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new ShoalError(
      'SHOAL_BAD_CONFIGURATION',
      `an endpoint of etcd is a URL such as http://host:2379, not ${text}`
    )
  return url
}
