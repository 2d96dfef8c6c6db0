/** Both judges over the same random histories, half of them mutated until they are wrong. */
import { SeededRandom } from '../../src/simulation/random.ts'
import type { Operation } from './history.ts'
import { check, type Verdict } from './linearizability.ts'
import type { Porcupine } from './porcupine.ts'
import { mutated, randomHistory } from './random-history.ts'

export interface Comparison {
  /** Made by a sequential run: both accept them all. */
  readonly right: number
  /** Mutated, and refused by both. */
  readonly wrong: number
  /** Mutated on the way, and accepted by both. */
  readonly stillRight: number
  /** Neither right nor wrong, because a judge took too long. */
  readonly undecided: number
}

interface Case {
  readonly seed: number
  readonly history: readonly Operation[]
  readonly verdict: Verdict['verdict']
  readonly isMutated: boolean
}

/** A history that no mutation makes wrong, such as one that never read anything, gives way to the next seed's. */
const maxMutations = 40
const batchSize = 500

/** Throws at the first history on which the judges differ, or that is not what it was made to be. */
export async function compare(
  porcupine: Porcupine,
  { seed, count }: { seed: number; count: number }
): Promise<Comparison> {
  const total = { right: 0, wrong: 0, stillRight: 0, undecided: 0 }
  let batch: Case[] = []
  const flush = async () => {
    const said = await porcupine.judge(batch.map(({ history }) => history))
    for (const [i, { seed, history, verdict, isMutated }] of batch.entries()) {
      if (verdict === 'unknown' || said[i] === 'unknown') {
        total.undecided++
        continue
      }
      if (verdict !== said[i])
        throw new Error(`seed ${seed}: here ${verdict}, by Porcupine ${said[i]}: ${JSON.stringify(history)}`)
      if (!isMutated && verdict !== 'linearizable')
        throw new Error(`seed ${seed}: ${verdict}, and it was made one at a time: ${JSON.stringify(history)}`)
      total[verdict === 'refused' ? 'wrong' : isMutated ? 'stillRight' : 'right']++
    }
    batch = []
  }
  const wanted = Math.ceil(count / 2)
  let [right, wrong] = [0, 0]
  for (let next = seed; right < wanted || wrong < count - wanted; next++) {
    const history = randomHistory({ seed: next })
    if (right < wanted) {
      batch.push({ seed: next, history, verdict: check(history).verdict, isMutated: false })
      right++
    }
    if (wrong < count - wanted) {
      const cases = mutants(next, history)
      batch.push(...cases)
      if (cases.at(-1)?.verdict === 'refused') wrong++
    }
    if (batch.length >= batchSize) await flush()
  }
  await flush()
  return total
}

/** One mutation after the other, until it is wrong. */
function mutants(seed: number, history: readonly Operation[]): Case[] {
  const random = new SeededRandom(`mutations/${seed}`)
  const cases: Case[] = []
  let mutant = history
  while (cases.length < maxMutations) {
    mutant = mutated(mutant, random)
    const { verdict } = check(mutant)
    cases.push({ seed, history: mutant, verdict, isMutated: true })
    if (verdict !== 'linearizable') break
  }
  return cases
}
