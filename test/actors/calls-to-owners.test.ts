/** How a call is tried until there is an answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exclusive, pnCounter, query, ShoalError } from 'shoal'
import { CallsToOwners } from '../../src/actors/calls/calls-to-owners.ts'
import type { Invocation, Outcome } from '../../src/actors/calls/invocation.ts'
import { OpenRequests } from '../../src/actors/calls/open-requests.ts'

const Merged = exclusive('merged', { n: pnCounter() }, { look: query(({ state }) => state.n.value) })

test('an owner is not told to run what it may not serve because this node had no room for it', async () => {
  const overloaded = new ShoalError('SHOAL_OVERLOADED', 'too many', { retryable: true })
  let attempts = 0
  const forced: (boolean | undefined)[] = []
  const owners = new CallsToOwners(
    {
      cluster: {
        store: { origin: 'a.x' },
        links: () => [],
        membership: { alive: () => [] },
        // Of `b`, which does not answer; then of this node, where too many wait; then of `c`.
        ownership: { owner: () => (attempts++ === 0 ? 'b' : attempts < 60 ? 'a' : 'c') }
      },
      clock: { now: () => 0, elapsed: () => 0 },
      self: 'a',
      channel: {
        call: (_: string, { force }: Invocation) =>
          Promise.resolve(forced.push(force) === 1 ? { lost: 'unlinked' } : { reply: { result: Buffer.from('1') } })
      },
      owned: {
        assertNoneDead() {},
        run: (): Promise<Outcome> => Promise.resolve({ moved: true, refused: overloaded })
      },
      requests: new OpenRequests(),
      pauses: { isStopped: false, pause: () => Promise.resolve() },
      retries: { add() {} }
    } as unknown as ConstructorParameters<typeof CallsToOwners>[0],
    40
  )
  const call = owners.call({
    definition: Merged,
    name: 'merged/a',
    shard: 0,
    deadlineMs: 1,
    method: 'add'
  } as Invocation)
  assert.equal(await call, 1)
  assert.deepEqual(forced, [false, false])
})
