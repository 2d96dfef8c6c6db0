/** `shoal members|get|call|watch`: asks a running node over its HTTP door and prints JSON. */
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import type { MembersView } from '../shoal-node.ts'
import { actorPath, ask, download, watch } from './door-client.ts'
import { UsageError } from './usage-error.ts'

export interface DoorOptions {
  readonly http: URL
}

export async function members(options: DoorOptions & { readonly json?: boolean }): Promise<void> {
  const view = (await ask(options.http, '/v1/members')) as MembersView
  // A person sees a table, a program always the answer itself.
  print(process.stdout.isTTY && options.json !== true ? table(view) : JSON.stringify(view))
}

/** `node` is an id, or a name that one member has. */
export async function forget(node: string, options: DoorOptions): Promise<void> {
  const { members } = (await ask(options.http, '/v1/members')) as MembersView
  const meant = members.filter(({ id, name }) => id === node || name === node)
  const gone = meant.filter(({ status }) => status === 'dead')
  const [chosen] = gone.length > 0 ? gone : meant
  if (chosen === undefined) throw new UsageError(`no member ${JSON.stringify(node)}; "shoal members" shows them`)
  if (gone.length > 1) throw new UsageError(`${gone.length} dead members are called ${node}: give the id of one`)
  print(JSON.stringify(await ask(options.http, `/v1/members/${chosen.id}/forget`, { method: 'POST' })))
}

export async function get(kind: string, id: string, options: DoorOptions): Promise<void> {
  print(JSON.stringify(await ask(options.http, actorPath(kind, id))))
}

/** A line for each, as they come. */
export async function setAside(options: DoorOptions): Promise<void> {
  await pipeline(await download(options.http, '/v1/set-aside'), process.stdout, { end: false })
}

export interface CallFlags extends DoorOptions {
  readonly deadlineMs?: number
  readonly acknowledge?: string
  readonly read?: string
}

export async function call(
  kind: string,
  id: string,
  method: string,
  argument: string | undefined,
  flags: CallFlags
): Promise<void> {
  const query = new URLSearchParams()
  if (flags.deadlineMs !== undefined) query.set('deadlineMs', String(flags.deadlineMs))
  if (flags.acknowledge !== undefined) query.set('acknowledge', flags.acknowledge)
  if (flags.read !== undefined) query.set('read', flags.read)
  const path = `${actorPath(kind, id, method)}${query.size > 0 ? `?${query}` : ''}`
  const body = argument === '-' ? (await buffer(process.stdin)).toString() : argument
  if (body !== undefined) checkJson(body)
  const answer = (await ask(flags.http, path, { method: 'POST', ...(body === undefined ? {} : { body }) })) as {
    result?: unknown
  }
  print(JSON.stringify(answer.result ?? null))
}

function checkJson(text: string): void {
  try {
    if (text.trim() !== '') JSON.parse(text)
  } catch {
    throw new UsageError(`the argument is JSON: 5, '"text"', '{"sku":"tea","quantity":2}', or - to read it from stdin`)
  }
}

export async function watchActor(kind: string, id: string, options: DoorOptions): Promise<void> {
  for await (const state of watch(options.http, actorPath(kind, id, 'watch'))) print(JSON.stringify(state))
}

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function table({ self, members }: MembersView): string {
  const rows = members.map(({ name, region, status, id, addresses }) => [
    id === self ? `${name} *` : name,
    region,
    status,
    id,
    addresses[0] ?? ''
  ])
  const lines = [['NAME', 'REGION', 'STATUS', 'ID', 'ADDRESS'], ...rows]
  const widths = [0, 1, 2, 3].map(column => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  return lines
    .map(line =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd()
    )
    .join('\n')
}
