/** One process of a database that is measured. It does what the bench asks, one question at a time by its name. */
import { monotonicMs, pause } from '../support/monotonic.ts'
import { sentBytes } from '../support/socket-bytes.ts'
import { openAutomergeRepo } from './automerge-repo.ts'
import type { Database, DatabaseOptions, OpenDatabase } from './database.ts'
import { openDeltaCrdts } from './delta-crdts.ts'
import { openOrbitDb } from './orbitdb.ts'
import { openShoal } from './shoal.ts'

const databases: Readonly<Record<string, OpenDatabase>> = {
  Shoal: openShoal,
  OrbitDB: openOrbitDb,
  'automerge-repo': openAutomergeRepo,
  'delta-crdts': openDeltaCrdts
}

export interface Flood {
  readonly prefix: string
  readonly keys: number
  readonly updates: number
  readonly inFlight: number
}

let database: Database | undefined
const watches = new Map<string, { seenMs: number[]; done: PromiseWithResolvers<void> }>()

function opened(): Database {
  if (database === undefined) throw new Error('not open')
  return database
}

const tasks = {
  async open({ name, options }: { name: string; options: DatabaseOptions }) {
    const open = databases[name]
    if (open === undefined) throw new Error(`there is no database ${name}`)
    database = await open(options)
    return { address: database.address, map: database.map }
  },

  /** Begins to note when the values 1 to `count` of a key become visible here. */
  async watch({ key, count }: { key: string; count: number }) {
    const watch = { seenMs: [] as number[], done: Promise.withResolvers<void>() }
    watches.set(key, watch)
    opened().watch(key, value => {
      const nowMs = monotonicMs()
      while (watch.seenMs.length < Math.min(value, count)) watch.seenMs.push(nowMs)
      if (watch.seenMs.length === count) watch.done.resolve()
    })
  },

  /** The moments, once all values are visible or the deadline has passed. */
  async seen({ key, deadlineMs }: { key: string; deadlineMs: number }) {
    const watch = watches.get(key)
    if (watch === undefined) throw new Error(`no watch on ${key}`)
    await Promise.race([watch.done.promise, pause(deadlineMs)])
    return watch.seenMs
  },

  async series({ key, count, paceMs }: { key: string; count: number; paceMs: number }) {
    const startedMs: number[] = []
    for (let k = 1; k <= count; k++) {
      await pause(paceMs)
      startedMs.push(monotonicMs())
      await opened().put(key, k)
    }
    return startedMs
  },

  async flood({ prefix, keys, updates, inFlight }: Flood) {
    let next = 0
    const write = async () => {
      while (next < updates) {
        const i = next++
        await opened().put(`${prefix}-${i % keys}`, i)
      }
    }
    const startedMs = monotonicMs()
    await Promise.all(Array.from({ length: inFlight }, write))
    return { startedMs, doneMs: monotonicMs() }
  },

  async put({ key, value }: { key: string; value: number }) {
    await opened().put(key, value)
  },

  async get({ key }: { key: string }) {
    return opened().get(key)
  },

  async digest(_: Record<string, never>) {
    return opened().digest()
  },

  async cut(_: Record<string, never>) {
    await opened().cut()
  },

  async mend(_: Record<string, never>) {
    await opened().mend()
  },

  /** Processor time of this process in milliseconds, and bytes that it has given to its sockets. */
  async usage(_: Record<string, never>) {
    const { user, system } = process.cpuUsage()
    return { cpuMs: (user + system) / 1000, sentBytes: sentBytes() }
  }
}

export type DatabaseTasks = typeof tasks

process.on('disconnect', () => process.exit(0))
process.on('message', (message: { number: number; task: keyof DatabaseTasks; options: unknown }) => {
  const { number, task, options } = message
  const perform = tasks[task] as (options: unknown) => Promise<unknown>
  perform(options).then(
    result => process.send?.({ number, result }),
    error => process.send?.({ number, error: error instanceof Error ? error.stack : String(error) })
  )
})
