/**
 * Keeps web pages away from a door that has no passwords.
 *
 * A page of any site can make its reader's browser send requests to loopback. Two things tell such a request from a program's:
 * its Host names the attacker's site (DNS rebinding), or its Origin is not the door itself. On a loopback binding the Host must
 * be a loopback name or address; on every binding a request that may change something must come from no page, or from this
 * door's own.
 */
import { isIP } from 'node:net'

export interface GuardedRequest {
  readonly method: string
  readonly host: string | undefined
  readonly origin: string | undefined
}

/** Why the request is refused, or `undefined`. */
export function refusalOf(request: GuardedRequest, loopbackBinding: boolean): string | undefined {
  // A request without Host (HTTP/1.0) comes from no browser.
  if (loopbackBinding && request.host !== undefined && !isLoopbackHost(hostnameOf(request.host))) {
    return `Host ${JSON.stringify(request.host)} is not a loopback name; this door is bound to loopback`
  }
  if (request.method === 'GET' || request.method === 'HEAD' || request.origin === undefined) return undefined
  if (originHost(request.origin) !== request.host?.toLowerCase()) {
    return `pages of ${request.origin} may not change anything here; call this door from a program`
  }
  return undefined
}

/** The host part of a Host header or a listening address: without port and brackets, in lower case. */
export function hostnameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host)
  if (bracketed) return (bracketed[1] ?? '').toLowerCase()
  return isIP(host) === 6 ? host.toLowerCase() : host.replace(/:\d*$/, '').toLowerCase()
}

export function isLoopbackHost(hostname: string): boolean {
  if (hostname === 'localhost' || hostname.endsWith('.localhost')) return true
  if (isIP(hostname) === 4) return hostname.startsWith('127.')
  return hostname === '::1' || /^::ffff:127\./.test(hostname)
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
