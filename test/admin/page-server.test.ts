import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Action, PageModel, Selection, Snapshot } from '../../src/admin/page-model.ts'
import { createPageServer } from '../../src/admin/page-server.ts'
import { refusalOf } from '../../src/gateway/origin-guard.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { eventually } from '../cli/shoal-process.ts'
import { postJson } from '../demo/demo-process.ts'
import { send } from '../gateway/http-request.ts'

class StubModel implements PageModel {
  readonly acts: Action[] = []
  readonly selected: Selection[] = []
  answer: () => unknown = () => 'done'
  #probes = 0

  snapshot(selection: Selection | undefined, afterProbe: number): Snapshot {
    this.#probes++
    const sample = { number: this.#probes, atMs: 0, writer: 'a', reached: 3, visibleMs: 2 }
    const samples = Array.from({ length: this.#probes - afterProbe }, (_, at) => ({
      ...sample,
      number: afterProbe + at + 1
    }))
    const probes = { samples, medianMs: 2, p99Ms: 2, count: 1 }
    return { atMs: 0, nodes: [], actor: selection === undefined ? null : { ...selection, on: {} }, probes }
  }

  select(selection: Selection): () => void {
    this.selected.push(selection)
    return () => this.selected.splice(this.selected.indexOf(selection), 1)
  }

  async act(action: Action): Promise<unknown> {
    this.acts.push(action)
    return this.answer()
  }
}

async function serve(t: TestContext) {
  const model = new StubModel()
  const guard = (request: Parameters<typeof refusalOf>[0]) => refusalOf(request, true)
  const server = await createPageServer({ model, host: '127.0.0.1', port: 0, guard })
  t.after(() => server.close())
  return { model, server, address: server.address }
}

test('the page and its libraries are sent, may load nothing from elsewhere, and nothing beside them is', async t => {
  const { address } = await serve(t)
  const page = await send(address, '/')
  assert.match(page.text, /<title>Shoal<\/title>/)
  assert.match(String(page.headers['content-security-policy']), /^default-src 'none'; script-src 'self';/)
  for (const path of ['/app.js', '/style.css', '/lib/preact.js', '/lib/uplot.js', '/lib/uplot.css']) {
    const file = await send(address, path)
    assert.equal(file.status, 200, path)
    assert.match(String(file.headers['content-type']), path.endsWith('.css') ? /^text\/css/ : /javascript/, path)
  }
  for (const path of [
    '/page-server.ts',
    '/../page-server.ts',
    '/%2e%2e/page-server.ts',
    '/lib/package.json',
    '/app.js/..'
  ]) {
    assert.equal((await send(address, path)).status >= 400, true, path)
  }
})

test('every import of the page is a file that is sent', async t => {
  const { address } = await serve(t)
  const seen = new Set<string>()
  const visit = async (path: string) => {
    if (seen.has(path)) return
    seen.add(path)
    const file = await send(address, path)
    assert.equal(file.status, 200, path)
    if (path.startsWith('/lib/')) return
    for (const [, specifier = ''] of file.text.matchAll(/from '([^']+)'/g)) {
      await visit(new URL(specifier, `http://page${path}`).pathname)
    }
  }
  await visit('/app.js')
  assert.ok(seen.size > 8, [...seen].join())
})

test('an action reaches the model, and its answer or its error comes back', async t => {
  const { address, model } = await serve(t)
  const action = {
    type: 'call',
    node: 'a',
    kind: 'cart',
    id: '__proto__',
    method: 'addLine',
    argument: { sku: 'tea', quantity: 2 }
  }
  const done = await postJson(address, action)
  assert.equal((done.json() as { result: unknown }).result, 'done')
  assert.deepEqual(model.acts, [action])
  model.answer = () => {
    throw new ShoalError('SHOAL_UNAVAILABLE', 'node a is down', { retryable: true })
  }
  const failed = await postJson(address, { type: 'kill', node: 'a' })
  assert.equal(failed.status, 422)
  assert.deepEqual(failed.json(), { code: 'SHOAL_UNAVAILABLE', message: 'node a is down', retryable: true })
  model.answer = () => {
    throw new TypeError('a fault')
  }
  const fault = await postJson(address, { type: 'kill', node: 'a' })
  assert.deepEqual([fault.status, (fault.json() as { code: string }).code], [500, 'SHOAL_INTERNAL'])
})

test('what is no action is refused and reaches nobody', async t => {
  const { address, model } = await serve(t)
  const bodies = [
    {},
    null,
    [],
    'kill',
    { type: 'kill' },
    { type: 'explode', node: 'a' },
    { type: 'kill', node: 5 },
    { type: 'kill', node: 'a', signal: 9 },
    { type: 'call', node: 'a', kind: 'cart', id: 'x' },
    { type: 'call', node: 'a', kind: 'cart', id: 'x'.repeat(2000), method: 'addLine' }
  ]
  for (const body of bodies) assert.equal((await postJson(address, body)).status, 400, JSON.stringify(body))
  const isJson = { 'content-type': 'application/json' }
  for (const body of ['{', '', 'x'.repeat(100_000)]) {
    const answer = await send(address, '/actions', { method: 'POST', body, headers: isJson })
    assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status))
  }
  assert.deepEqual(model.acts, [])
})

test('pages of other sites press no button and read nothing', async t => {
  const { address, model } = await serve(t)
  const { host } = new URL(address)
  const kill = { type: 'kill', node: 'a' }
  for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1']) {
    assert.equal((await postJson(address, kill, { origin })).status, 403, origin)
  }
  assert.equal((await send(address, '/', { headers: { host: 'evil.example' } })).status, 403)
  assert.equal((await send(address, '/snapshots', { headers: { host: 'evil.example' } })).status, 403)
  assert.deepEqual(model.acts, [])
  assert.equal((await postJson(address, kill, { origin: `http://${host}` })).status, 200)
  assert.deepEqual(model.acts, [kill])
})

test('snapshots go on, each probe is sent once, and the actor is dropped when the page is closed', async t => {
  const { address, model, server } = await serve(t)
  const stop = new AbortController()
  const response = await fetch(`${address}/snapshots?kind=cart&id=user-42`, { signal: stop.signal })
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  const numbers: number[] = []
  for await (const { actor, probes } of snapshotsIn(response)) {
    assert.deepEqual(actor, { kind: 'cart', id: 'user-42', on: {} })
    numbers.push(...probes.samples.map(({ number }) => number))
    if (numbers.length >= 3) break
  }
  assert.deepEqual(numbers.slice(0, 3), [1, 2, 3])
  stop.abort()
  await eventually(async () => assert.deepEqual(model.selected, []))

  const open = await fetch(`${address}/snapshots?kind=cart&id=user-42`)
  await server.close()
  // Ended or broken off: either way the page does not hold the server.
  await open.text().catch(() => {})
  assert.deepEqual(model.selected, [])
})

async function* snapshotsIn(response: Response): AsyncGenerator<Snapshot> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    const events = (text + decoder.decode(chunk, { stream: true })).split('\n\n')
    text = events.pop() ?? ''
    for (const event of events) yield JSON.parse(event.replace('data: ', ''))
  }
}
