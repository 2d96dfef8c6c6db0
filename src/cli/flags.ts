/** Parsers of the command line's values: each answers a checked value or throws a UsageError that shows a right one. */
import { isIP } from 'node:net'
import { faultOfVoters, voterFrom } from '../cluster/lease/voters-names.ts'
import type { LeaseStoreChoice } from '../lease-stores.ts'
import { UsageError } from './usage-error.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:7101`, `[::1]:0`, `localhost:7101`. */
export function hostPort(text: string): HostPort {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/.exec(text)
  const [, ipv6, name, digits] = match ?? []
  const host = ipv6 ?? name
  const port = Number(digits)
  const isHost = ipv6 === undefined ? isName(host) : isIP(ipv6) === 6
  if (host === undefined || !isHost || port > 65_535) {
    throw new UsageError(
      `${JSON.stringify(text)} is not HOST:PORT, such as 127.0.0.1:7101 or [::1]:0 (0 takes a free port)`
    )
  }
  return { host, port }
}

/** `/ip4/127.0.0.1/tcp/7201`: where this node listens. */
export function listenAddress(text: string): string {
  if (!isTcpAddress(text, { peer: false })) throw new UsageError(`${badAddress(text)} and a port, 0 for a free one`)
  return text
}

/** `/dns4/seed.example/tcp/7201`, with or without `/p2p/ID`: where another node may be. */
export function joinAddress(text: string): string {
  if (!isTcpAddress(text, { peer: true }) || /\/tcp\/0(\/|$)/.test(text)) {
    throw new UsageError(`${badAddress(text)}, its port and perhaps /p2p/ and the id of the node there`)
  }
  return text
}

function badAddress(text: string): string {
  return `${JSON.stringify(text)} is not an address of a node: it is like /ip4/127.0.0.1/tcp/7201, with ip4, ip6, dns, dns4 or dns6`
}

function isTcpAddress(text: string, allow: { peer: boolean }): boolean {
  const match = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/\s]+)\/tcp\/(\d{1,5})(?:\/p2p\/([1-9A-HJ-NP-Za-km-z]{10,128}))?$/.exec(
    text
  )
  const [, family, host = '', digits, peer] = match ?? []
  if (match === null || Number(digits) > 65_535 || (peer !== undefined && !allow.peer)) return false
  if (family === 'ip4') return isIP(host) === 4
  return family === 'ip6' ? isIP(host) === 6 : isName(host)
}

function isName(host: string | undefined): boolean {
  if (host === undefined) return false
  if (/^[\d.]+$/.test(host)) return isIP(host) === 4
  return /^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,252})$/.test(host)
}

/** `0.5`, `2`: from 0 to 100, at most two decimals. */
export function weight(text: string): number {
  if (!/^\d{1,3}(\.\d{1,2})?$/.test(text) || Number(text) > 100)
    throw new UsageError(`${JSON.stringify(text)} is not a weight: a number from 0 to 100 with at most two decimals`)
  return Number(text)
}

export function wholeNumber(name: string, least: number, most: number): (text: string) => number {
  return text => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1
    if (value < least || value > most) throw new UsageError(`${name} is a whole number from ${least} to ${most}`)
    return value
  }
}

export function replication(text: string): 'all' | number {
  return text === 'all' ? text : wholeNumber('--replication, where it is not all,', 1, 15)(text)
}

/** `voters:PEER/DISK,…`, `postgres://…`, `etcd:http://a:2379,http://b:2379`, `kubernetes` or `kubernetes:NAMESPACE`. */
export function leaseStore(text: string): LeaseStoreChoice {
  const [kind = '', rest = ''] = text.split(/:(.*)/s)
  if (kind === 'postgres' || kind === 'postgresql') {
    if (rest.startsWith('//') && URL.canParse(text)) return { postgres: { url: text } }
  } else if (kind === 'voters') return { voters: voters(rest.split(',')) }
  else if (kind === 'etcd') {
    const endpoints = rest.split(',')
    const isEndpoint = (url: string) => /^https?:\/\/[^/@\s]+$/.test(url) && URL.canParse(url)
    if (endpoints.every(isEndpoint)) return { etcd: { endpoints } }
  } else if (text === 'kubernetes') return { kubernetes: {} }
  else if (kind === 'kubernetes' && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(rest))
    return { kubernetes: { namespace: rest } }
  // It may have a password in it.
  throw new UsageError(
    '--leases is voters:PEER/DISK,PEER/DISK,PEER/DISK (names that "shoal voter" prints), postgres://USER@HOST/DATABASE, etcd:http://HOST:2379 (more of them after commas), kubernetes or kubernetes:NAMESPACE'
  )
}

/** Of an Ed25519 key, as every node has. */
const peerPattern = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/

function voters(names: string[]): string[] {
  const parsed = names.map(name => {
    const voter = voterFrom(name)
    if (voter !== undefined && peerPattern.test(voter.peer)) return voter
    throw new UsageError(
      `--leases: ${JSON.stringify(name)} is not a voter: it is PEER/DISK, as "shoal voter --data DIR" prints it`
    )
  })
  const fault = faultOfVoters(parsed)
  if (fault !== undefined) throw new UsageError(`--leases: of voters ${fault}`)
  return names
}

/** A word for a person's eyes and for logs: the name of a node, a region, a cluster. */
export function label(name: string): (text: string) => string {
  return text => {
    if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,62}$/u.test(text)) {
      throw new UsageError(`${name} ${JSON.stringify(text)}: letters, digits, '.', '_' and '-', up to 63`)
    }
    return text
  }
}

/** `http://127.0.0.1:7101`; a bare HOST:PORT is taken for one. */
export function httpUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`)
  if (url === null || url.protocol !== 'http:' || url.pathname !== '/' || url.search !== '' || url.username !== '') {
    throw new UsageError(`${JSON.stringify(text)} is not the address of a door, such as http://127.0.0.1:7101`)
  }
  return url
}
