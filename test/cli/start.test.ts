import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { post, send } from '../gateway/http-request.ts'
import { eventually, run, shoal, shop, startNode, temporaryDirectory } from './shoal-process.ts'

interface Actor {
  readonly state: unknown
  readonly mode: string
  readonly owner: string | null
  readonly replicas: readonly string[]
}

async function actor(http: string, path: string): Promise<Actor> {
  const answer = await send(http, `/v1/actors/${path}`)
  assert.equal(answer.status, 200, answer.text)
  return answer.json() as Actor
}

async function result(http: string, path: string, argument?: unknown): Promise<unknown> {
  const answer = await post(http, `/v1/actors/${path}`, argument)
  assert.equal(answer.status, 200, answer.text)
  return (answer.json() as { result: unknown }).result
}

async function failure(http: string, path: string, argument?: unknown) {
  const answer = await post(http, `/v1/actors/${path}`, argument)
  return [answer.status, (answer.json() as { code: string }).code]
}

test('a node alone serves the shop, keeps it over a SIGKILL, and leaves on SIGTERM, also twice', {
  timeout: 300_000
}, async t => {
  const dir = await temporaryDirectory(t)
  const first = await startNode(t, dir, 'a')
  const { http, id, pid, listen } = first.ready
  assert.equal(first.output.stdout, `ready ${JSON.stringify({ http, listen, id, pid })}\n`)
  assert.equal(pid, first.child.pid)
  assert.match(listen[0] ?? '', new RegExp(`^/ip4/127\\.0\\.0\\.1/tcp/[1-9]\\d*/p2p/${id}$`))

  assert.equal(await result(http, 'counter/c/add', 5), 5)
  assert.equal(await result(http, 'counter/c/value'), 5)
  await result(http, 'tags/t/add', 'red')
  await result(http, 'tags/t/add', 'blue')
  await result(http, 'tags/t/remove', 'red')
  assert.deepEqual((await actor(http, 'tags/t')).state, ['blue'])
  await result(http, 'cart/u/addLine', { sku: 'tea', quantity: 2 })
  await result(http, 'cart/u/addLine', { sku: '__proto__', quantity: 1 })
  await result(http, 'cart/u/removeLine', { sku: 'milk' })
  await result(http, 'cart/u/setNote', 'soon')
  const cart = await send(http, '/v1/actors/cart/u')
  assert.match(cart.text, /"lines":\{("__proto__":1,"tea":2|"tea":2,"__proto__":1)\},"note":"soon"/)
  await result(http, 'document/d/insert', { at: 0, text: 'helo' })
  await result(http, 'document/d/insert', { at: 3, text: 'l' })
  await result(http, 'document/d/remove', { at: 0, length: 1 })
  assert.deepEqual((await actor(http, 'document/d')).state, 'ello')
  assert.deepEqual(await failure(http, 'document/d/insert', { at: 5, text: 'x' }), [422, 'OUT_OF_RANGE'])
  assert.equal(await result(http, 'account/n/deposit', { amount: 10 }), 10)
  assert.equal(await result(http, 'account/n/withdraw', { amount: 3 }), 7)
  assert.deepEqual(await failure(http, 'account/n/withdraw', { amount: 8 }), [422, 'INSUFFICIENT_FUNDS'])
  assert.equal(await result(http, 'account/n/balance'), 7)
  const account = await actor(http, 'account/n')
  assert.deepEqual([account.mode, account.owner, account.replicas], ['exclusive', id, [id]])

  first.child.kill('SIGKILL')
  assert.equal(await first.exited, 'SIGKILL')
  const second = await startNode(t, dir, 'a')
  assert.equal(second.ready.id, id)
  assert.equal(await result(second.ready.http, 'account/n/balance'), 7)
  assert.deepEqual((await actor(second.ready.http, 'document/d')).state, 'ello')
  second.child.kill('SIGTERM')
  second.child.kill('SIGINT')
  second.child.kill('SIGTERM')
  assert.equal(await second.exited, 0)
})

test('nothing that is sent harms the node or a neighbour', { timeout: 300_000 }, async t => {
  const { ready, child, exited } = await startNode(t, await temporaryDirectory(t), 'a')
  const { http } = ready
  await result(http, 'counter/neighbour/add', 1)
  const ids = [
    '__proto__',
    'constructor',
    '../x',
    '..',
    '🦈',
    'x'.repeat(1024),
    '🦈'.repeat(256),
    'a/b',
    '%zz',
    ' ',
    'é',
    '\0'
  ]
  for (const id of ids) {
    const path = encodeURIComponent(id).replace(/^\.+$/, dots => dots.replaceAll('.', '%2E'))
    assert.equal(await result(http, `counter/${path}/add`, 1), 1, JSON.stringify(id))
  }
  assert.deepEqual(await failure(http, `counter/${'x'.repeat(1025)}/add`, 1), [400, 'SHOAL_BAD_ARGUMENT'])
  assert.deepEqual(await failure(http, 'constructor/x/add', 1), [404, 'SHOAL_UNKNOWN_KIND'])
  assert.deepEqual(await failure(http, '__proto__/x/add', 1), [404, 'SHOAL_UNKNOWN_KIND'])
  for (const method of ['nope', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'watch']) {
    const [status] = await failure(http, `counter/x/${method}`, 1)
    assert.ok(status === 404 || status === 405, `${method}: ${status}`)
  }
  for (const argument of [undefined, null, '1', 1.5, -1e20, [1], {}, { n: 1 }, true]) {
    assert.deepEqual(
      await failure(http, 'counter/x/add', argument),
      [400, 'SHOAL_BAD_ARGUMENT'],
      JSON.stringify(argument)
    )
  }
  for (const argument of [{ amount: 0 }, { amount: -5 }, { amount: '5' }, { amount: 0.5 }, {}, undefined]) {
    assert.deepEqual(await failure(http, 'account/x/deposit', argument), [400, 'SHOAL_BAD_ARGUMENT'])
  }
  for (const argument of [{ sku: 'x', quantity: 0 }, { sku: '', quantity: 1 }, { sku: 5, quantity: 1 }, 'tea']) {
    assert.deepEqual(await failure(http, 'cart/x/addLine', argument), [400, 'SHOAL_BAD_ARGUMENT'])
  }
  const huge = await send(http, '/v1/actors/counter/x/add', {
    method: 'POST',
    body: Buffer.alloc(10 * 1024 * 1024, '1')
  })
  assert.equal(huge.status, 413)
  assert.equal(await result(http, 'counter/neighbour/value'), 1)
  assert.equal(await result(http, 'counter/x/value'), 0)
  assert.equal((await post(http, '/v1/leave')).status, 200)
  assert.equal(await exited, 0, child.spawnargs.join(' '))
})

test('two nodes with one key find each other, and one with another key hears why not', {
  timeout: 300_000
}, async t => {
  const dir = await temporaryDirectory(t)
  const key = join(dir, 'cluster.key')
  assert.deepEqual(await run(t, 'keygen', '--out', key), { exit: 0, stdout: '', stderr: '' })
  const a = await startNode(t, dir, 'a', '--cluster-key', key, '--region', 'eu')
  const b = await startNode(t, dir, 'b', '--cluster-key', key, '--join', a.ready.listen[0] ?? '')
  for (const { ready } of [a, b]) {
    await eventually(async () => {
      const { self, members } = (await send(ready.http, '/v1/members')).json() as {
        self: string
        members: { id: string; status: string }[]
      }
      assert.equal(self, ready.id)
      assert.deepEqual(
        members.map(member => member.status),
        ['alive', 'alive']
      )
    })
  }

  const watch = shoal(t, 'watch', '--http', b.ready.http, 'counter', 'c')
  await watch.says('stdout', /^0\n/)
  assert.equal((await run(t, 'call', '--http', a.ready.http, 'counter', 'c', 'add', '7')).stdout, '7\n')
  await watch.says('stdout', /\n7\n/)
  const account = ['account', 'x/y', 'deposit', '{"amount":5}'] as const
  assert.equal((await run(t, 'call', '--http', a.ready.http, ...account)).stdout, '5\n')
  assert.equal((await run(t, 'call', '--http', b.ready.http, ...account)).stdout, '10\n')
  const refused = await run(t, 'call', '--http', b.ready.http, 'account', 'x/y', 'withdraw', '{"amount":11}')
  assert.deepEqual([refused.exit, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^shoal: INSUFFICIENT_FUNDS: balance is 10\n$/)
  const members = JSON.parse((await run(t, 'members', '--http', a.ready.http)).stdout)
  assert.equal(members.members.length, 2)

  const otherKey = join(dir, 'other.key')
  await run(t, 'keygen', '--out', otherKey)
  const c = await startNode(t, dir, 'c', '--cluster-key', otherKey, '--join', a.ready.listen[0] ?? '')
  await Promise.all([c.says('stderr', /cluster's key/), a.says('stderr', /cluster's key/)])
  assert.equal(JSON.parse((await run(t, 'members', '--http', a.ready.http)).stdout).members.length, 2)

  b.child.kill('SIGTERM')
  assert.equal(await b.exited, 0)
  await watch.exited
  await eventually(async () => {
    const { members } = (await send(a.ready.http, '/v1/members')).json() as { members: { status: string }[] }
    assert.deepEqual(members.map(member => member.status).toSorted(), ['alive', 'left'])
  })
  assert.equal(await result(a.ready.http, 'account/x%2Fy/balance'), 10)
})

test('what a person can get wrong is said in one line', { timeout: 300_000 }, async t => {
  const dir = await temporaryDirectory(t)
  const a = await startNode(t, dir, 'a')
  const free = ['--http', '127.0.0.1:0', '--listen', '/ip4/127.0.0.1/tcp/0']
  const start = ['start', '--actors', shop, ...free]
  const cases: [number, RegExp, readonly string[]][] = [
    [1, /^shoal: SHOAL_DISK_LOCKED: .*\n$/, [...start, '--log-level', 'silent', '--data', join(dir, 'a')]],
    [
      1,
      /^shoal: .*EADDRINUSE.*\n$/,
      [...start, '--log-level', 'silent', '--data', join(dir, 'b'), '--http', new URL(a.ready.http).host]
    ],
    [
      2,
      /^shoal: to join a cluster a node needs its key/,
      [...start, '--data', join(dir, 'c'), '--join', a.ready.listen[0] ?? '']
    ],
    [2, /^shoal: actors: there is no file/, ['start', '--actors', join(dir, 'none.ts'), '--data', join(dir, 'd')]],
    [2, /^shoal: .*--listen/, ['start', '--actors', shop, '--listen']],
    [2, /^shoal: .*is not an address of a node/, [...start, '--listen', '127.0.0.1:7201']]
  ]
  await Promise.all(
    cases.map(async ([exit, message, args]) => {
      const outcome = await run(t, ...args)
      assert.match(outcome.stderr, message)
      assert.deepEqual([outcome.exit, outcome.stdout], [exit, ''], args.join(' '))
    })
  )
})
