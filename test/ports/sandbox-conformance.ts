/** What every `DocumentSandbox` promises, as claims. Its engine is `toy-engine.ts`, under the names 'toy' and 'other'. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DocumentSandbox, SandboxAnswer, SandboxJob, SandboxLimits, SandboxPart } from '../../src/ports/sandbox.ts'
import { linesOf, part } from './toy-engine.ts'

export interface SandboxWorld {
  readonly sandbox: DocumentSandbox
  /** The outcome of a promise that needs the world's time to pass. */
  settle<Result>(promise: Promise<Result>): Promise<Result>
}

interface Scene extends SandboxWorld {
  merge(parts: readonly SandboxPart[], job?: Partial<SandboxJob>): Promise<SandboxAnswer>
}

/** `hang` is a part whose merge never ends in this world. */
export function sandboxConformance(
  name: string,
  world: (limits: SandboxLimits) => SandboxWorld,
  hang: SandboxPart
): void {
  function claim(text: string, check: (scene: Scene) => Promise<void>, limits: SandboxLimits = {}): void {
    test(text, { timeout: 300_000 }, async () => {
      const made = world(limits)
      const merge = (parts: readonly SandboxPart[], job: Partial<SandboxJob> = {}) =>
        made.sandbox.merge({ engine: 'toy', content: 'lines', document: 'd', parts, wantsSnapshot: true, ...job })
      try {
        await check({ ...made, merge })
      } finally {
        await made.settle(made.sandbox.close())
      }
    })
  }

  describe(`sandbox: ${name}`, () => {
    mergeClaims(claim)
    openDocumentClaims(claim, hang)
    failureClaims(claim, hang)
    queueClaims(claim, hang)
  })
}

type Claim = (text: string, check: (scene: Scene) => Promise<void>, limits?: SandboxLimits) => void

function merged(answer: SandboxAnswer): { snapshot: Uint8Array | undefined; mark: number } {
  assert.equal(answer.outcome, 'merged', JSON.stringify(answer))
  return answer as SandboxAnswer & { outcome: 'merged' }
}

function failureOf(answer: SandboxAnswer): string {
  return answer.outcome === 'failed' ? answer.failure : answer.outcome
}

function mergeClaims(claim: Claim): void {
  claim('the snapshot holds all parts', async ({ merge, settle }) => {
    const { snapshot } = merged(await settle(merge([part('b'), part('a', 'c')])))
    assert.deepEqual(linesOf(snapshot), ['a', 'b', 'c'])
  })

  claim('a snapshot comes only where it is wanted', async ({ merge, settle }) => {
    assert.equal(merged(await settle(merge([part('a')], { wantsSnapshot: false }))).snapshot, undefined)
  })

  claim('the bytes of the parts stay the caller’s, also where they are a piece of something', async scene => {
    const bytes = new Uint8Array(1000).fill(97)
    const piece = { kind: 'snapshot', bytes: bytes.subarray(500, 503) } as const
    const { snapshot } = merged(await scene.settle(scene.merge([piece])))
    assert.deepEqual(linesOf(snapshot), ['aaa'])
    assert.equal(bytes.length, 1000)
    assert.equal(piece.bytes.length, 3)
  })
}

function openDocumentClaims(claim: Claim, hang: SandboxPart): void {
  claim('parts go onto what an earlier job left', async ({ merge, settle }) => {
    const first = merged(await settle(merge([part('a')], { wantsSnapshot: false })))
    const second = merged(await settle(merge([part('b')], { onto: first.mark, wantsSnapshot: false })))
    assert.notEqual(second.mark, first.mark)
    const third = merged(await settle(merge([part('c')], { onto: second.mark })))
    assert.deepEqual(linesOf(third.snapshot), ['a', 'b', 'c'])
  })

  claim('without a mark a job starts from nothing', async ({ merge, settle }) => {
    await settle(merge([part('a')]))
    assert.deepEqual(linesOf(merged(await settle(merge([part('b')]))).snapshot), ['b'])
  })

  claim('a document that has moved on, was never there or is another’s is forgotten', async ({ merge, settle }) => {
    const { mark } = merged(await settle(merge([part('a')])))
    const next = merged(await settle(merge([part('b')], { onto: mark })))
    assert.equal((await settle(merge([part('c')], { onto: mark }))).outcome, 'forgotten')
    assert.equal((await settle(merge([part('c')], { onto: next.mark, document: 'e' }))).outcome, 'forgotten')
    assert.equal((await settle(merge([part('c')], { onto: next.mark, engine: 'other' }))).outcome, 'forgotten')
    const last = merged(await settle(merge([part('c')], { onto: next.mark })))
    assert.deepEqual(linesOf(last.snapshot), ['a', 'b', 'c'], 'who asked in vain has changed nothing')
  })

  claim(
    'documents past the limit are closed, the longest unused first',
    async ({ merge, settle }) => {
      const marks = new Map<string, number>()
      for (const document of ['d', 'e', 'f'])
        marks.set(document, merged(await settle(merge([part('x'.repeat(40))], { document }))).mark)
      const outcomes: string[] = []
      for (const [document, onto] of marks)
        outcomes.push((await settle(merge([part('y')], { document, onto, wantsSnapshot: false }))).outcome)
      assert.deepEqual(outcomes, ['forgotten', 'merged', 'merged'])
    },
    { maxOpenBytes: 100 }
  )

  claim(
    'a merge that came to grief costs the open documents, and nothing else',
    async ({ merge, settle }) => {
      const { mark } = merged(await settle(merge([part('a')], { document: 'e' })))
      assert.equal(failureOf(await settle(merge([hang]))), 'deadline')
      assert.equal((await settle(merge([part('b')], { document: 'e', onto: mark }))).outcome, 'forgotten')
      merged(await settle(merge([part('b')], { document: 'e' })))
    },
    { mergeDeadlineMs: 300 }
  )
}

function failureClaims(claim: Claim, hang: SandboxPart): void {
  const short = { mergeDeadlineMs: 300 }

  claim(
    'a merge that never ends is ended, and those behind it run',
    async ({ merge, settle }) => {
      const answers = await settle(
        Promise.all([merge([part('a')]), merge([hang]), merge([part('b')]), merge([hang]), merge([part('c')])])
      )
      assert.deepEqual(answers.map(failureOf), ['merged', 'deadline', 'merged', 'deadline', 'merged'])
      assert.deepEqual(linesOf(merged(answers[4] as SandboxAnswer).snapshot), ['c'])
    },
    short
  )

  claim('what the engine throws is a refusal with its reason', async ({ merge, settle }) => {
    const answer = await settle(merge([part('a', '!throw')]))
    assert.deepEqual(answer, { outcome: 'failed', failure: 'refused', reason: 'no such line' })
    merged(await settle(merge([part('a')])))
  })

  claim('so is a fault that the engine finds in the document', async ({ merge, settle }) => {
    const answer = await settle(merge([part('fault')]))
    assert.deepEqual(answer, { outcome: 'failed', failure: 'refused', reason: 'a document with a fault' })
  })

  claim('a content that the engine does not have is refused', async ({ merge, settle }) => {
    assert.equal((await settle(merge([part('a')], { content: 'pictures' }))).outcome, 'failed')
    merged(await settle(merge([part('a')])))
  })

  claim('an engine that is not there is unavailable', async ({ merge, settle }) => {
    assert.equal(failureOf(await settle(merge([part('a')], { engine: 'none' }))), 'unavailable')
  })

  claim(
    'one engine’s trouble does not hold up another',
    async ({ merge, settle }) => {
      const order: string[] = []
      const slow = merge([hang]).then(() => order.push('toy'))
      const quick = merge([part('a')], { engine: 'other' }).then(() => order.push('other'))
      await settle(Promise.all([slow, quick]))
      assert.deepEqual(order, ['other', 'toy'])
    },
    // Time enough for the other's thread to start on a busy machine.
    { mergeDeadlineMs: 3000 }
  )
}

function queueClaims(claim: Claim, hang: SandboxPart): void {
  claim(
    'a document over the limit is not tried',
    async ({ merge, settle }) => {
      assert.equal(failureOf(await settle(merge([part('x'.repeat(60)), part('y'.repeat(60))]))), 'too-large')
      merged(await settle(merge([part('x'.repeat(60))])))
    },
    { maxDocumentBytes: 100 }
  )

  claim(
    'only so many wait',
    async ({ merge, settle }) => {
      const answers = [merge([hang]), merge([part('a')]), merge([part('b')]), merge([part('c')]), merge([part('d')])]
      const outcomes = (await settle(Promise.all(answers))).map(failureOf)
      // Whether the first one waits still when the others come is each world's own affair.
      assert.equal(outcomes[0], 'deadline')
      assert.equal(outcomes[1], 'merged')
      assert.equal(outcomes[4], 'overloaded')
    },
    { mergeDeadlineMs: 300, maxQueuedMerges: 2 }
  )

  claim(
    'only so many bytes wait',
    async ({ merge, settle }) => {
      const big = () => merge([part('x'.repeat(60))])
      const outcomes = (await settle(Promise.all([merge([hang]), big(), big(), big()]))).map(failureOf)
      assert.deepEqual([outcomes[0], outcomes[1], outcomes[3]], ['deadline', 'merged', 'overloaded'])
    },
    { mergeDeadlineMs: 300, maxQueuedBytes: 100 }
  )

  claim('what is done in the background comes last', async ({ merge, settle }) => {
    const order: string[] = []
    const note = (name: string, job: Partial<SandboxJob>) => merge([part('a')], job).then(() => order.push(name))
    await settle(
      Promise.all([
        note('first', {}),
        note('behind', { isBackground: true }),
        note('behind too', { isBackground: true }),
        note('second', {}),
        note('third', {})
      ])
    )
    const last = order.filter(name => name.startsWith('behind'))
    assert.deepEqual(last, ['behind', 'behind too'])
    assert.deepEqual(order.slice(-2), last)
  })

  claim(
    'what was in the background and is waited for comes before what comes after',
    async ({ sandbox, merge, settle }) => {
      const order: string[] = []
      const note = (name: string, job: Partial<SandboxJob>) => merge([part('a')], job).then(() => order.push(name))
      const jobs = [
        note('first', {}),
        note('behind', { isBackground: true, document: 'behind' }),
        note('wanted', { isBackground: true, document: 'wanted' }),
        note('second', {})
      ]
      sandbox.hurry('toy', 'wanted')
      jobs.push(note('third', {}))
      await settle(Promise.all(jobs))
      assert.deepEqual(order, ['first', 'second', 'wanted', 'third', 'behind'])
    }
  )

  claim('closing answers all that wait, at once, and all that come after it', async ({ sandbox, merge, settle }) => {
    const waiting = [merge([hang]), merge([part('a')])]
    const closed = sandbox.close()
    const late = merge([part('b')])
    await settle(closed)
    await settle(sandbox.close())
    const outcomes = (await settle(Promise.all([...waiting, late]))).map(failureOf)
    assert.deepEqual(outcomes, ['stopped', 'stopped', 'stopped'])
  })
}
