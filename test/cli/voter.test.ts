/** Three nodes that keep the lease store themselves, on LevelDB and libp2p: named before they run, and replaced with what they have decided. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { command, createNode, exclusive, newClusterKey, pnCounter, type ShoalNode, voterName } from 'shoal'
import { z } from 'zod'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { SystemRandom } from '../../src/adapters/system/random.ts'
import { repair } from '../../src/cli/repair.ts'
import { voter } from '../../src/cli/voter.ts'
import { VotersDisk } from '../../src/cluster/lease/voters-disk.ts'
import { readMeta } from '../../src/cluster/meta.ts'
import { until } from '../processes/support/until.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    })
  },
  { partition: 'lease' }
)
const clusterKey = newClusterKey()
/** No promise: what a busy machine may take. */
const deadlineMs = 60_000

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'shoal-voter-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

async function startAll(data: readonly string[], voters: readonly string[]): Promise<ShoalNode[]> {
  const nodes: ShoalNode[] = []
  for (const place of data)
    nodes.push(
      await createNode({
        data: place,
        clusterKey,
        actors: [Account],
        join: nodes[0]?.addresses() ?? [],
        leases: { store: { voters }, leaseMs: 1000 }
      })
    )
  return nodes
}

async function stopAll(nodes: readonly ShoalNode[]): Promise<void> {
  await Promise.all(nodes.map(node => node.stop()))
}

function deposit(node: ShoalNode | undefined): Promise<{ value: unknown }> {
  return until('a deposit is answered', deadlineMs, () => node?.actor(Account, 'ann').deposit(10))
}

async function onDisk(data: string, act: (disk: VotersDisk) => Promise<void> | void): Promise<void> {
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  try {
    await act(await VotersDisk.open(disk, new SystemRandom()))
  } finally {
    await disk.close()
  }
}

/** What the command prints, line by line. */
async function printed(t: TestContext, flags: Parameters<typeof voter>[0]): Promise<string[]> {
  const lines: string[] = []
  const spy = t.mock.method(process.stdout, 'write', (text: string) => lines.push(text.trimEnd()) > 0)
  try {
    await voter(flags)
  } finally {
    spy.mock.restore()
  }
  return lines
}

test('a directory has its name before its node ever ran, and keeps it', async t => {
  const data = await directory(t)
  const name = await voterName({ data })
  assert.match(name, /^[1-9A-HJ-NP-Za-km-z]{40,}\/0{12}[0-9a-f]{12}$/)
  assert.equal(await voterName({ data }), name)
  await using node = await createNode({ data, clusterKey })
  assert.equal(name.split('/')[0], node.id)
  await assert.rejects(voterName({ data }), { code: 'SHOAL_DISK_LOCKED' })
})

test('votes are given by who has voted, and taken by who does not vote', async t => {
  const home = await directory(t)
  const [data, out] = [join(home, 'a'), join(home, 'votes')]
  await assert.rejects(voter({ data, export: out }), { code: 'SHOAL_BAD_CONFIGURATION' })
  await assert.rejects(voter({ data, export: out, import: [out] }), { name: 'UsageError' })
  await assert.rejects(readFile(out), { code: 'ENOENT' })
})

test('an export that cannot be written ends no vote', async t => {
  const data = await directory(t)
  const name = await voterName({ data })
  const others = ['b', 'c'].map(digit => `b${digit}/${'0'.repeat(12)}${digit.repeat(12)}`)
  await onDisk(data, disk => disk.voteIn([name, ...others].join(',')))
  await assert.rejects(voter({ data, export: join(data, 'none', 'votes') }))
  await onDisk(data, disk => assert.equal(disk.hasGivenUp, false))
})

test('a disk that has given its votes away has no name, until it takes votes or the loss of the lease store is accepted', async t => {
  const home = await directory(t)
  const [data, out] = [join(home, 'a'), join(home, 'votes')]
  const name = await voterName({ data })
  const others = ['b', 'c'].map(digit => `b${digit}/${'0'.repeat(12)}${digit.repeat(12)}`)
  await onDisk(data, disk => disk.voteIn([name, ...others].join(',')))
  await printed(t, { data, export: out })
  await assert.rejects(voterName({ data }), { code: 'SHOAL_BAD_CONFIGURATION' })
  // The file may have been lost.
  await printed(t, { data, export: `${out}-again` })
  const said: string[] = []
  const spy = t.mock.method(process.stdout, 'write', (text: string) => said.push(text) > 0)
  assert.equal(await repair({ data, acceptLeaseLoss: true }), 0)
  spy.mock.restore()
  assert.match(said.join(), /another name from now on/)
  assert.notEqual(await voterName({ data }), name)
})

test('who asks for the name on a damaged disk is told, and the node fetches all it has, though it starts on files in order', async t => {
  const data = await directory(t)
  await (await createNode({ data, clusterKey })).stop()
  const name = await voterName({ data })
  const store = join(data, 'store')
  // A power cut took the log.
  for (const file of await readdir(store)) if (file.endsWith('.log')) await rm(join(store, file))
  const said: string[] = []
  const spy = t.mock.method(process.stderr, 'write', (text: string) => said.push(text) > 0)
  const [renamed] = await printed(t, { data })
  spy.mock.restore()
  assert.notEqual(renamed, name)
  assert.match(said.join(), /were damaged/)
  const disk = new LevelDisk(store)
  await disk.open()
  assert.match(readMeta(disk, 'holdings') ?? '', /"everyShard":false/)
  await disk.close()
})

test('three nodes keep the lease store themselves, and other disks take it over with all that was decided', {
  timeout: 300_000
}, async t => {
  const home = await directory(t)
  const places = ['a', 'b', 'c', 'd'].map(name => join(home, name))
  const [a = '', b = '', c = '', d = ''] = places
  const voters = await Promise.all([a, b, c].map(data => voterName({ data })))
  let nodes = await startAll([a, b, c], voters)
  try {
    assert.equal((await deposit(nodes[1])).value, 10)
  } finally {
    await stopAll(nodes)
  }
  // The disk of c is gone.
  const files = [join(home, 'a.votes'), join(home, 'b.votes')]
  await printed(t, { data: a, export: files[0] ?? '' })
  await printed(t, { data: b, export: files[1] ?? '' })
  await assert.rejects(voter({ data: d, import: files.slice(0, 1) }), { code: 'SHOAL_BAD_CONFIGURATION' })
  const names: string[] = []
  for (const data of [a, b, d]) names.push(...(await printed(t, { data, import: files })))
  assert.equal(new Set(names.map(name => name.split('/')[1]?.slice(0, 12))).size, 1)
  await assert.rejects(
    createNode({ data: c, clusterKey, leases: { store: { voters: [...names.slice(0, 2), voters[2] ?? ''] } } }),
    {
      code: 'SHOAL_BAD_CONFIGURATION'
    }
  )
  nodes = await startAll([a, b, d], names)
  try {
    assert.equal((await deposit(nodes[2])).value, 20)
  } finally {
    await stopAll(nodes)
  }
})

test('nodes with different lists of voters refuse each other, and say why', async t => {
  const home = await directory(t)
  const names: string[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) names.push(await voterName({ data: join(home, name) }))
  const start = (name: string, voters: readonly string[], join_: readonly string[] = []) =>
    createNode({ data: join(home, name), clusterKey, actors: [Account], leases: { store: { voters } }, join: join_ })
  await using one = await start('a', names.slice(0, 3))
  const told = Promise.withResolvers<string>()
  one.on('refused', ({ reason }) => told.resolve(reason))
  await using other = await start('d', names.slice(3), one.addresses())
  assert.match(await told.promise, /leases/)
  assert.deepEqual([one.links(), other.links()], [[], []])
})

test('a node does not start with other voters than its disk votes among', async t => {
  const home = await directory(t)
  const names: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) names.push(await voterName({ data: join(home, name) }))
  const start = (voters: readonly string[]) =>
    createNode({ data: join(home, 'a'), clusterKey, actors: [Account], leases: { store: { voters } } })
  await (await start(names.slice(0, 3))).stop()
  await assert.rejects(start([...names.slice(0, 2), ...names.slice(3)]), { code: 'SHOAL_BAD_CONFIGURATION' })
  // In whatever order.
  await (await start(names.slice(0, 3).reverse())).stop()
})
