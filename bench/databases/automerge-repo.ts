/**
 * automerge-repo: one document that holds the map, over its WebSocket adapters (each process is a server, and a client of those
 * before it) and its file storage. A write is done when the document has it; the repository saves 100 ms later, nothing is synced.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OpenDatabase } from './database.ts'
import { load } from './packages.ts'

type Entries = Record<string, number>

interface Handle {
  readonly url: string
  doc(): Entries
  change(edit: (entries: Entries) => void): void
  heads(): readonly string[]
  on(event: 'change', listener: (change: { doc: Entries }) => void): void
}

interface Adapter {
  disconnect(): void
}

interface Repo {
  readonly networkSubsystem: { addNetworkAdapter(adapter: Adapter): void; removeNetworkAdapter(adapter: Adapter): void }
  create(initial: Entries): Handle
  find(url: string): Promise<Handle>
}

interface RepoModule {
  Repo: new (options: { network: Adapter[]; storage: unknown; peerId: string }) => Repo
}

interface SocketModule {
  WebSocketServerAdapter: new (server: unknown) => Adapter
  WebSocketClientAdapter: new (url: string) => Adapter
}

export const openAutomergeRepo: OpenDatabase = async ({ directory, others, map }) => {
  const { Repo } = await load<RepoModule>('@automerge/automerge-repo')
  const sockets = await load<SocketModule>('@automerge/automerge-repo-network-websocket')
  const { NodeFSStorageAdapter } = await load<{ NodeFSStorageAdapter: new (directory: string) => unknown }>(
    '@automerge/automerge-repo-storage-nodefs'
  )
  const { WebSocketServer } = await load<{ WebSocketServer: new (options: unknown) => unknown }>('ws')
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const listening = new sockets.WebSocketServerAdapter(new WebSocketServer({ server }))
  const connect = () => others.map(url => new sockets.WebSocketClientAdapter(url))
  let clients = connect()
  const { port } = server.address() as AddressInfo
  const repo = new Repo({
    network: [...clients],
    storage: new NodeFSStorageAdapter(directory),
    peerId: `peer-${port}`
  })
  const handle = map === undefined ? repo.create({}) : await repo.find(map)
  // Later: a server is ready when it has a client, and `find` waits for all adapters.
  repo.networkSubsystem.addNetworkAdapter(listening)
  return {
    address: `ws://127.0.0.1:${port}`,
    map: handle.url,
    async cut() {
      for (const client of clients) repo.networkSubsystem.removeNetworkAdapter(client)
    },
    async mend() {
      clients = connect()
      for (const client of clients) repo.networkSubsystem.addNetworkAdapter(client)
    },
    async put(key, value) {
      handle.change(entries => {
        entries[key] = value
      })
    },
    async get(key) {
      return handle.doc()[key]
    },
    watch(key, seen) {
      handle.on('change', ({ doc }) => {
        const value = doc[key]
        if (value !== undefined) seen(value)
      })
    },
    async digest() {
      return [...handle.heads()].sort().join()
    }
  }
}
