import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import { command, pnCounter, query, replicated } from 'shoal'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { createHttpDoor, type HttpDoorOptions } from '../../src/gateway/http-door.ts'
import { maxBodyBytes } from '../../src/gateway/json-body.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { post, send, sendRaw } from './http-request.ts'
import { type StubNode, stubNode } from './stub-node.ts'

async function openDoor(options: Partial<HttpDoorOptions> & { node?: StubNode } = {}) {
  const node = options.node ?? stubNode()
  const metrics = new PrometheusMetrics({ process: false })
  const door = await createHttpDoor({ metrics, logger: silentLogger, ...options, node })
  return { ...door, node, at: door.address, close: () => door.close(), [Symbol.asyncDispose]: () => door.close() }
}

function assertError(answer: { status: number; json(): unknown }, status: number, code: string) {
  assert.equal(answer.status, status)
  const body = answer.json() as { code: string; message: string; retryable: boolean }
  assert.deepEqual(Object.keys(body), ['code', 'message', 'retryable'])
  assert.equal(body.code, code)
  assert.equal(typeof body.message, 'string')
  assert.equal(typeof body.retryable, 'boolean')
  return body
}

test('a call reaches the node with its argument, and a result of undefined is null', async () => {
  await using door = await openDoor()
  const answer = await post(door.at, '/v1/actors/stub/x/echo', { a: [1, 'ü'] })
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.json(), { result: { a: [1, 'ü'] } })
  assert.deepEqual((await post(door.at, '/v1/actors/stub/x/nothing')).json(), { result: null })
  assert.deepEqual(door.node.calls[1], { kind: 'stub', id: 'x', method: 'nothing', argument: undefined, options: {} })
})

test('an id of any text arrives as it was sent', async () => {
  await using door = await openDoor()
  const id = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 100 }),
    fc.stringMatching(/^[./%?#;:&+ a2F5]{1,30}$/),
    fc.constantFrom(
      '__proto__',
      '../x',
      '..%2Fx',
      '🦈'.repeat(256),
      'x'.repeat(1024),
      'watch',
      'a/b/watch',
      '%zz',
      '\0'
    )
  )
  await fc.assert(
    fc.asyncProperty(id, async id => {
      // `.` and `..` alone are steps of a path in every encoding; the client below sends them as they are.
      const answer = await post(door.at, `/v1/actors/stub/${encodeURIComponent(id)}/echo`, 1)
      assert.equal(answer.status, 200, answer.text)
      assert.equal(door.node.calls.at(-1)?.id, id)
    }),
    { numRuns: 150 }
  )
})

test('a body is read as JSON whatever its content type, and may be empty with any', async () => {
  await using door = await openDoor()
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'nonsense;;;', '"']) {
    const headers = { 'content-type': type }
    const echoed = await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', headers, body: '[1]' })
    assert.deepEqual(echoed.json(), { result: [1] }, type)
    const empty = await send(door.at, '/v1/actors/stub/x/nothing', { method: 'POST', headers })
    assert.deepEqual(empty.json(), { result: null }, type)
  }
})

test('a key named __proto__ stays a key', async () => {
  await using door = await openDoor()
  const body = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'
  const answer = await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', body })
  assert.equal(answer.text, `{"result":${body}}`)
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
})

test('what is not JSON is a bad argument, and says so', async () => {
  await using door = await openDoor()
  const bodies = [
    '{',
    'undefined',
    '{"a":1}x',
    '\ufeff',
    Uint8Array.of(0x22, 0xff, 0x22),
    `${'['.repeat(65)}${']'.repeat(65)}`
  ]
  for (const body of [...bodies, '['.repeat(maxBodyBytes)]) {
    const answer = await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', body })
    assertError(answer, 400, 'SHOAL_BAD_ARGUMENT')
  }
  assert.equal(door.node.calls.length, 0)
})

test('a body of 10 MiB is refused with 413, however it is sent', async () => {
  await using door = await openDoor()
  const body = Buffer.alloc(10 * 1024 * 1024, '1')
  assertError(await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', body }), 413, 'SHOAL_LIMIT')
  const headers = { 'transfer-encoding': 'chunked' }
  assertError(await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', body, headers }), 413, 'SHOAL_LIMIT')
  const raw = `POST /nowhere HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  assert.match(await sendRaw(door.at, raw), /^HTTP\/1\.1 404 .*SHOAL_NOT_FOUND/s)
  const fetched = await fetch(`${door.at}/v1/actors/stub/x/echo`, { method: 'POST', body })
  assert.equal(fetched.status, 413)
  await fetched.body?.cancel()
  const most = JSON.stringify('x'.repeat(maxBodyBytes - 2))
  assert.equal((await send(door.at, '/v1/actors/stub/x/echo', { method: 'POST', body: most })).status, 200)
})

test('errors of every kind have one shape', async () => {
  const errors = {
    deadline: new ShoalError('SHOAL_DEADLINE', 'late', { retryable: true }),
    away: new ShoalError('SHOAL_UNAVAILABLE', 'no owner', { retryable: true }),
    full: new ShoalError('SHOAL_OVERLOADED', 'full', { retryable: true }),
    unsure: new ShoalError('SHOAL_INDETERMINATE', 'it may have run', { retryable: true }),
    broken: new ShoalError('SHOAL_HANDLER_FAILED', 'TypeError: x is undefined'),
    bug: new TypeError('secret of the implementation')
  }
  await using door = await openDoor({ node: stubNode(errors) })
  const call = (method: string) => post(door.at, `/v1/actors/stub/x/${method}`)
  assertError(await call('deadline'), 504, 'SHOAL_DEADLINE')
  const away = await call('away')
  assert.equal(assertError(away, 503, 'SHOAL_UNAVAILABLE').retryable, true)
  assert.equal(away.headers['retry-after'], '1')
  assertError(await call('full'), 503, 'SHOAL_OVERLOADED')
  const unsure = await call('unsure')
  assertError(unsure, 503, 'SHOAL_INDETERMINATE')
  assert.equal(unsure.headers['retry-after'], undefined)
  assertError(await call('broken'), 500, 'SHOAL_HANDLER_FAILED')
  assert.doesNotMatch(assertError(await call('bug'), 500, 'SHOAL_INTERNAL').message, /secret/)
  assertError(await call('refuse'), 422, 'INSUFFICIENT_FUNDS')
  assertError(await call('missing'), 404, 'SHOAL_UNKNOWN_COMMAND')
  assertError(await post(door.at, '/v1/actors/nope/x/echo'), 404, 'SHOAL_UNKNOWN_KIND')
  assertError(await send(door.at, '/v1/actors/nope/x'), 404, 'SHOAL_UNKNOWN_KIND')
  assertError(await send(door.at, '/v1/actors/nope/x/watch'), 404, 'SHOAL_UNKNOWN_KIND')
  for (const path of ['/', '/v1', '/v1/actors', '/favicon.ico', '/V1/members', '//', '/v1/actors/stub/x/y/z', '*']) {
    assertError(await send(door.at, path), 404, 'SHOAL_NOT_FOUND')
  }
  for (const path of ['/%zz', '/v1/actors/stub/%ff', '/v1/actors/%', '/v1/actors/stub/%c3%28/echo']) {
    assertError(await send(door.at, path), 400, 'SHOAL_BAD_ARGUMENT')
  }
})

test('a method that a path does not have is 405 and names those that it has', async () => {
  await using door = await openDoor()
  for (const [method, path, allow] of [
    ['POST', '/v1/members', 'GET, HEAD'],
    ['GET', '/v1/leave', 'POST'],
    ['DELETE', '/v1/actors/stub/x', 'GET, HEAD'],
    ['PUT', '/v1/actors/stub/x/echo', 'POST'],
    ['OPTIONS', '/v1/actors/stub/x/echo', 'POST'],
    ['POST', '/v1/actors/stub/x/watch', 'GET, HEAD']
  ] as const) {
    const answer = await send(door.at, path, { method })
    assertError(answer, 405, 'SHOAL_METHOD_NOT_ALLOWED')
    assert.equal(answer.headers.allow, allow)
  }
  const head = await send(door.at, '/v1/members', { method: 'HEAD' })
  assert.deepEqual([head.status, head.text], [200, ''])
  const headOfWatch = await send(door.at, '/v1/actors/stub/x/watch', { method: 'HEAD' })
  assert.deepEqual([headOfWatch.status, headOfWatch.text], [200, ''])
  assert.equal(door.node.returned, 1)
})

test('what is no HTTP gets an answer and no crash', async () => {
  await using door = await openDoor()
  assert.match(await sendRaw(door.at, 'hello\r\n\r\n'), /^HTTP\/1\.1 400 .*"code":"SHOAL_BAD_ARGUMENT"/s)
  const long = `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`
  assert.match(await sendRaw(door.at, long), /^HTTP\/1\.1 431 .*"code":"SHOAL_LIMIT"/s)
  const hangUp = connect({ host: '127.0.0.1', port: Number(new URL(door.at).port) })
  hangUp.write('POST /v1/actors/stub/x/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{"a"')
  await once(hangUp, 'connect')
  hangUp.destroy()
  assert.equal((await send(door.at, '/healthz')).status, 200)
})

test('requests with any byte changed are answered or hung up on, and the door stays', async () => {
  await using door = await openDoor()
  const line = 'POST /v1/actors/stub/x/echo?deadlineMs=5 HTTP/1.1'
  const valid = `${line}\r\nhost: localhost\r\ncontent-type: a/b\r\ncontent-length: 7\r\nconnection: close\r\n\r\n{"a":1}`
  const change = fc.tuple(fc.nat(valid.length - 1), fc.nat(3), fc.string({ unit: 'binary', maxLength: 4 }))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async changes => {
      const bytes = changes.reduce((text, [at, cut, put]) => text.slice(0, at) + put + text.slice(at + cut), valid)
      const answer = await sendRaw(door.at, bytes)
      if (answer !== '') assert.match(answer, /^HTTP\/1\.1 (1|2|4)\d\d /)
    }),
    { numRuns: 200 }
  )
  assert.equal((await send(door.at, '/healthz')).status, 200)
})

test('options of a call come from the query, and unknown ones are refused', async () => {
  await using door = await openDoor()
  await post(door.at, '/v1/actors/stub/x/echo?deadlineMs=500&acknowledge=majority', 1)
  assert.deepEqual(door.node.calls[0]?.options, { deadlineMs: 500, acknowledge: 'majority' })
  await post(door.at, '/v1/actors/stub/x/echo?read=majority', 1)
  assert.deepEqual(door.node.calls[1]?.options, { read: 'majority' })
  for (const query of [
    'deadlineMs=0',
    'deadlineMs=1e3',
    'deadlineMs=600001',
    'deadlineMs=1&deadlineMs=2',
    'acknowledge=most',
    'read=most',
    'x=1',
    '__proto__=1'
  ]) {
    assertError(await post(door.at, `/v1/actors/stub/x/echo?${query}`, 1), 400, 'SHOAL_BAD_ARGUMENT')
  }
})

test('a parameter that a path does not know is refused by its name, and so is a level that means nothing to what is called', async () => {
  const node = Object.assign(stubNode(), {
    definitions: () => [
      replicated('stub', { sum: pnCounter() }, { echo: command(() => 1), nothing: query(() => undefined) })
    ]
  })
  await using door = await openDoor({ node })
  const paths = ['/healthz', '/metrics', '/v1/members', '/v1/status', '/v1/actors/stub/x', '/v1/actors/stub/x/watch']
  for (const path of [...paths, '/v1/backup?identity=true']) {
    const answer = await send(door.at, `${path}${path.includes('?') ? '&' : '?'}acknowledge=majority`)
    const { message } = assertError(answer, 400, 'SHOAL_BAD_ARGUMENT')
    assert.match(message, /"acknowledge"/)
  }
  assertError(await post(door.at, '/v1/leave?now=1'), 400, 'SHOAL_BAD_ARGUMENT')
  assert.equal(node.left, 0)
  const asked = async (call: string) => (await post(door.at, `/v1/actors/stub/x/${call}`)).status
  assert.deepEqual(
    [
      await asked('echo?acknowledge=all&deadlineMs=9'),
      await asked('echo?read=all'),
      await asked('nothing?read=all&deadlineMs=9'),
      await asked('nothing?acknowledge=all'),
      await asked('toString?read=all')
    ],
    [200, 400, 200, 400, 404]
  )
  assert.equal(node.calls.length, 3)
})

test('on loopback, other hosts and pages of other origins are refused', async () => {
  await using door = await openDoor()
  const status = async (method: string, headers: Record<string, string>) =>
    (await send(door.at, method === 'GET' ? '/v1/members' : '/v1/actors/stub/x/nothing', { method, headers })).status
  const { host } = new URL(door.at)
  assert.equal(await status('GET', { host: 'evil.example' }), 403)
  assert.equal(await status('GET', { host: '127.0.0.1.evil.example' }), 403)
  assert.equal(await status('GET', { host: 'localhost:1234' }), 200)
  assert.equal(await status('GET', { host: '[::1]:80' }), 200)
  assert.equal(await status('POST', { origin: 'http://evil.example' }), 403)
  assert.equal(await status('POST', { origin: 'http://localhost:3000' }), 403)
  assert.equal(await status('POST', { origin: 'null' }), 403)
  assert.equal(await status('POST', { origin: `http://${host}` }), 200)
  assert.equal(await status('GET', { origin: 'http://evil.example' }), 200)
})

test('health and readiness say why not', async () => {
  await using door = await openDoor()
  assert.equal((await send(door.at, '/healthz')).status, 200)
  assert.equal((await send(door.at, '/readyz')).status, 200)
  door.node.unreadyReason = 'still starting'
  assert.equal(assertError(await send(door.at, '/readyz'), 503, 'SHOAL_UNAVAILABLE').message, 'still starting')
  door.node.unreadyReason = undefined
  door.node.fail(new Error('disk full'))
  assert.equal(assertError(await send(door.at, '/healthz'), 503, 'SHOAL_UNAVAILABLE').message, 'disk full')
  assert.equal((await send(door.at, '/readyz')).status, 503)
})

test('metrics are Prometheus text without names of actors', async () => {
  await using door = await openDoor()
  await post(door.at, '/v1/actors/stub/private-name/echo', 1)
  const answer = await send(door.at, '/metrics')
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/)
  assert.match(answer.text, /^shoal_http_requests_total 1$/m)
  assert.doesNotMatch(answer.text, /private-name/)
})

test('members, status and actors are served as the node gives them', async () => {
  await using door = await openDoor()
  assert.deepEqual((await send(door.at, '/v1/members')).json(), { self: 'peer-a', view: 3, members: [] })
  const status = (await send(door.at, '/v1/status')).json() as {
    id: string
    links: string[]
    ring: string[]
    digest: string
    kinds: { kind: string; mode: string; partition?: string }[]
  }
  assert.deepEqual([status.id, status.links, status.ring], ['peer-a', ['peer-b'], door.node.ring()])
  const [replicated, ...exclusive] = status.kinds
  assert.ok(replicated !== undefined && !('partition' in replicated))
  assert.deepEqual(
    exclusive.map(({ kind, mode, partition }) => [kind, mode, partition]),
    [
      ['merged', 'exclusive', 'merge'],
      ['leased', 'exclusive', 'lease']
    ]
  )
  assert.equal(status.digest, door.node.digest())
  assert.equal((await send(door.at, '/v1/actors/stub/%C3%BC')).text.includes('"state":{"id":"ü"}'), true)
})

test('links are cut over HTTP only where drills are on', async () => {
  await using closed = await openDoor()
  assertError(await post(closed.at, '/v1/chaos/cut', { peers: ['peer-b'] }), 404, 'SHOAL_NOT_FOUND')
  assert.deepEqual(closed.node.refused, [])
  await using door = await openDoor({ chaos: true })
  assert.deepEqual((await post(door.at, '/v1/chaos/cut', { peers: ['peer-b'] })).json(), { cut: ['peer-b'] })
  await post(door.at, '/v1/chaos/cut', { peers: ['peer-c'] })
  for (const body of [undefined, [], { peers: 'peer-b' }, { peers: [1] }, { peers: [''] }]) {
    assertError(await post(door.at, '/v1/chaos/cut', body), 400, 'SHOAL_BAD_ARGUMENT')
  }
  assert.deepEqual((await post(door.at, '/v1/chaos/heal')).json(), { cut: [] })
  assert.deepEqual(door.node.refused, [['peer-b'], ['peer-b', 'peer-c'], []])
})

test('a drill may name members, and an id that is not known yet is taken as it is', async t => {
  await using door = await openDoor({ chaos: true })
  const row = { region: 'r', zone: 'r', weight: 1, status: 'alive', incarnation: '1', addresses: [] } as const
  const members = [
    { ...row, id: 'peer-b', name: 'peer-c' },
    { ...row, id: 'peer-c', name: 'other' }
  ]
  t.mock.method(door.node, 'members', () => ({ self: 'peer-a', view: 3, members }))
  const peers = ['other', 'peer-b', 'peer-z']
  assert.deepEqual((await post(door.at, '/v1/chaos/cut', { peers })).json(), { cut: ['peer-c', 'peer-b', 'peer-z'] })
})

test('a dead member is forgotten by its id, and a present one is not', async () => {
  await using door = await openDoor()
  const answer = await post(door.at, '/v1/members/peer-z/forget')
  assert.deepEqual([answer.status, answer.json(), door.node.forgotten], [200, { forgotten: 'peer-z' }, ['peer-z']])
  assertError(await post(door.at, '/v1/members/peer-a/forget'), 400, 'SHOAL_BAD_ARGUMENT')
})

test('what was set aside is a line of JSON for each, and a reader that goes away ends it', async () => {
  const node = stubNode()
  await using door = await openDoor({ node })
  const answer = await send(door.at, '/v1/set-aside')
  assert.equal(answer.headers['content-type'], 'application/x-ndjson; charset=utf-8')
  assert.deepEqual(
    answer.text
      .trimEnd()
      .split('\n')
      .map(line => (JSON.parse(line) as { n: number }).n),
    [1, 2]
  )
  const ended = Promise.withResolvers<void>()
  node.setAside = async function* () {
    try {
      for (;;) yield { kind: 'stub', id: 'a', shard: 0, epoch: 1, n: 1, requests: ['x'.repeat(10_000)] }
    } finally {
      ended.resolve()
    }
  }
  const reading = await new Promise<IncomingMessage>(resolve => get(`${door.at}/v1/set-aside`, resolve))
  await new Promise(resolve => reading.once('data', resolve))
  reading.destroy()
  await ended.promise
})

test('a backup is a stream of bytes, one at a time, and the private key is for loopback only', async () => {
  const asked: unknown[] = []
  const node = stubNode()
  const rest = Promise.withResolvers<void>()
  node.backup = async function* (options) {
    asked.push(options)
    yield Uint8Array.of(1, 2, 3)
    await rest.promise
    yield Uint8Array.of(4)
  }
  await using door = await openDoor({ node })
  // A stream that nobody reads holds nothing.
  assert.equal((await send(door.at, '/v1/backup', { method: 'HEAD' })).status, 200)
  const first = await new Promise<IncomingMessage>(resolve => get(`${door.at}/v1/backup?identity=true`, resolve))
  assert.equal(first.headers['content-type'], 'application/octet-stream')
  assertError(await send(door.at, '/v1/backup'), 503, 'SHOAL_OVERLOADED')
  rest.resolve()
  assert.deepEqual([...(await buffer(first))], [1, 2, 3, 4])
  assert.equal((await send(door.at, '/v1/backup')).status, 200)
  assertError(await send(door.at, '/v1/backup?identity=yes'), 400, 'SHOAL_BAD_ARGUMENT')
  assert.deepEqual(asked, [{ withIdentity: true }, { withIdentity: false }])

  await using open = await openDoor({ host: '0.0.0.0' })
  const at = open.at.replace('0.0.0.0', '127.0.0.1')
  assertError(await send(at, '/v1/backup?identity=true'), 403, 'SHOAL_FORBIDDEN')
  assert.equal((await send(at, '/v1/backup')).status, 200)
})

test('a backup whose reader goes away makes room for the next one', async () => {
  const node = stubNode()
  let ended = 0
  node.backup = async function* () {
    try {
      for (;;) yield new Uint8Array(65_536)
    } finally {
      ended++
    }
  }
  await using door = await openDoor({ node })
  for (let reader = 1; reader <= 3; reader++) {
    const answer = await new Promise<IncomingMessage>(resolve => get(`${door.at}/v1/backup`, resolve))
    assert.equal(answer.statusCode, 200)
    answer.destroy()
    while (ended < reader) await new Promise(setImmediate)
  }
})

test('leave is answered before it begins', async () => {
  const left = Promise.withResolvers<void>()
  await using door = await openDoor({ leave: left.resolve })
  const answer = await post(door.at, '/v1/leave')
  assert.deepEqual([answer.status, answer.json()], [200, { leaving: true }])
  await left.promise
})

/** The events of a watch, as they come. */
async function openWatch(address: string) {
  const request = get(`${address}/v1/actors/stub/x/watch`, { agent: false })
  const [response] = await once(request, 'response')
  response.setEncoding('utf8')
  return { request, response, chunks: response[Symbol.asyncIterator]() as AsyncIterator<string> }
}

test('a watch sends the present state first, then each change, and ends with its client', async () => {
  const node = stubNode()
  node.states = [{ n: 0 }, undefined, { text: 'line\nbreak' }]
  await using door = await openDoor({ node })
  const { request, response, chunks } = await openWatch(door.at)
  assert.match(response.headers['content-type'], /^text\/event-stream/)
  const expected = 'data: {"n":0}\n\ndata: null\n\ndata: {"text":"line\\nbreak"}\n\n'
  let seen = ''
  while (seen.length < expected.length) seen += (await chunks.next()).value
  assert.equal(seen, expected)
  response.on('error', () => {})
  request.destroy()
  while (node.returned === 0) await new Promise(setImmediate)
})

test('a watch that fails says why and ends, and what is no business of a client breaks off without a word', async () => {
  for (const [error, said] of [
    [
      new ShoalError('SHOAL_UNAVAILABLE', 'nobody has it', { retryable: true }),
      'event: failed\ndata: {"code":"SHOAL_UNAVAILABLE","message":"nobody has it","retryable":true}\n\n'
    ],
    [new Error('secret'), undefined]
  ] as const) {
    const node = stubNode()
    node.states = [1, error]
    await using door = await openDoor({ node })
    const { chunks } = await openWatch(door.at)
    let seen = ''
    const read = async () => {
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) seen += next.value
    }
    if (said === undefined) await assert.rejects(read())
    else await read()
    assert.equal(seen, `data: 1\n\n${said ?? ''}`)
    assert.equal(node.returned, 1)
  }
})

test('a quiet watch sends comments, and ends when the door closes', async () => {
  await using door = await openDoor({ heartbeatMs: 5 })
  const { chunks } = await openWatch(door.at)
  let seen = ''
  while (!seen.includes(': \n\n: \n\n')) seen += (await chunks.next()).value
  await door.close()
  assert.equal(door.node.returned, 1)
})

test('a client that does not read a watch costs a bounded number of states', async () => {
  const node = stubNode()
  let asked = 0
  const state = JSON.stringify('x'.repeat(100_000))
  node.watchText = () => ({
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      asked++
      await new Promise(setImmediate)
      return { done: false, value: state }
    },
    return: async () => ({ done: true, value: undefined })
  })
  await using door = await openDoor({ node })
  const { request, response } = await openWatch(door.at)
  response.on('error', () => {})
  let before = -1
  // The operating system's buffers fill up, then nothing more is asked for.
  for (let quiet = 0; quiet < 200; quiet = asked === before ? quiet + 1 : 0) {
    before = asked
    await new Promise(setImmediate)
  }
  assert.ok(asked < 500, `${asked} states of 100 kB were asked for`)
  request.destroy()
})

test('requests and watches have limits', async () => {
  const node = stubNode()
  const held = Promise.withResolvers<undefined>()
  const started = Promise.withResolvers<void>()
  node.call = async () => {
    started.resolve()
    return held.promise
  }
  await using door = await openDoor({ node, maxRequests: 1, maxWatches: 1 })
  const first = post(door.at, '/v1/actors/stub/x/nothing')
  await started.promise
  assertError(await post(door.at, '/v1/actors/stub/x/nothing'), 503, 'SHOAL_OVERLOADED')
  held.resolve(undefined)
  assert.equal((await first).status, 200)
  await openWatch(door.at)
  assertError(await send(door.at, '/v1/actors/stub/x/watch'), 503, 'SHOAL_OVERLOADED')
})

test('closing lets a call under way finish', async () => {
  const node = stubNode()
  const held = Promise.withResolvers<string>()
  const started = Promise.withResolvers<void>()
  node.call = async () => {
    started.resolve()
    return held.promise
  }
  await using door = await openDoor({ node })
  const answer = post(door.at, '/v1/actors/stub/x/slow')
  await started.promise
  const closed = door.close()
  held.resolve('done')
  assert.deepEqual((await answer).json(), { result: 'done' })
  await closed
})
