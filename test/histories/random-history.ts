/**
 * Random histories. They are made by cells that do run one operation at a time, under calls and answers that overlap at random, so
 * they are linearizable; `mutated` changes an answer or a time, after which most are not.
 */
import { SeededRandom } from '../../src/simulation/random.ts'
import { type Answered, type Input, isAnswered, type Operation, type Output } from './history.ts'
import { answerOf, drawInput, initialState, type Model, models, step } from './models.ts'

export interface RandomHistoryOptions {
  readonly seed: number | string
  /** @default drawn, 5 to 60 */
  readonly operations?: number
  /** @default drawn, 2 to 10 */
  readonly clients?: number
  /** @default drawn */
  readonly model?: Model
}

interface UnderWay {
  readonly client: number
  readonly key: string
  readonly input: Input
  readonly call: number
  output?: Output
  /** Its client gave up; it may still take effect. */
  isLost?: boolean
}

/** Each may take effect at any time later, which doubles what a judge has to look at. */
const maxLosses = 8

export function randomHistory(options: RandomHistoryOptions): Operation[] {
  const random = new SeededRandom(`history/${options.seed}`)
  const below = (n: number) => random.below(n)
  const model = options.model ?? random.pick(models)
  const { operations: count = 5 + below(56), clients: size = 2 + below(9) } = options
  const keys = 1 + below(3)
  const values = 2 + below(4)
  const lossShare = random.pick([0, 0, 0.05, 0.2])
  const states = new Map<string, number>()
  const history: Operation[] = []
  const clients: (UnderWay | undefined)[] = Array.from({ length: size })
  const lost: UnderWay[] = []
  let [called, losses] = [0, 0]
  // Times are drawn apart at random, and some are the same.
  let now = 0
  for (;;) {
    now += below(3)
    const stray = below(lost.length + size)
    if (stray < lost.length) {
      const [late] = lost.splice(stray, 1)
      if (late !== undefined && below(2) === 0) takeEffect(late, states)
      continue
    }
    const client = below(size)
    const current = clients[client]
    if (current === undefined) {
      if (called === count) {
        if (clients.every(other => other === undefined)) break
        continue
      }
      called++
      const key = `${model}-${below(keys)}`
      clients[client] = { client, key, input: drawInput(model, below, values), call: now }
    } else if (losses < maxLosses && random.chance(lossShare)) {
      losses++
      const { key, input, call } = current
      if (input.op !== 'read') history.push({ client, key, input, call })
      if (current.output === undefined) lost.push(current)
      clients[client] = undefined
    } else if (current.output === undefined) takeEffect(current, states)
    else {
      const { key, input, call, output } = current
      history.push({ client, key, input, call, answer: { at: now, output } })
      clients[client] = undefined
    }
  }
  return history
}

function takeEffect(operation: UnderWay, states: Map<string, number>): void {
  const state = states.get(operation.key) ?? initialState
  operation.output = answerOf(state, operation.input)
  states.set(operation.key, step(state, operation.input, undefined) ?? state)
}

/** The same with one answer, one time or one effect changed; perhaps still linearizable. The same one where nothing was answered. */
export function mutated(history: readonly Operation[], random: SeededRandom): Operation[] {
  const answered = history.filter(isAnswered)
  if (answered.length === 0) return [...history]
  const victim = random.pick(answered)
  const instead = (replacement: Operation[]) =>
    history.flatMap(operation => (operation === victim ? replacement : [operation]))
  switch (random.below(5)) {
    // It was answered before it was.
    case 0:
      return instead([moved(victim, random.below(victim.answer.at - victim.call + 1) - victim.answer.at + victim.call)])
    // It all happened at another time.
    case 1:
      return instead([shifted(victim, random.below(61) - 30)])
    // Its effect is lost.
    case 2:
      return instead([])
    default:
      return instead([{ ...victim, answer: { ...victim.answer, output: otherOutput(victim, random) } }])
  }
}

function moved(operation: Answered, by: number): Operation {
  return { ...operation, answer: { ...operation.answer, at: Math.max(operation.call, operation.answer.at + by) } }
}

function shifted(operation: Answered, by: number): Operation {
  const call = Math.max(0, operation.call + by)
  return { ...operation, call, answer: { ...operation.answer, at: call + operation.answer.at - operation.call } }
}

function otherOutput({ input, answer: { output } }: Answered, random: SeededRandom): Output {
  switch (input.op) {
    case 'write':
      return null
    case 'cas':
      return output !== true
    default:
      return Number(output) + random.pick([-2, -1, 1, 2])
  }
}
