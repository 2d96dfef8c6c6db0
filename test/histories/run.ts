/**
 * `npm run histories -- --count 10000 [--seed S]`: both judges over so many random histories, half of them mutated to be wrong.
 */
import { parseArgs } from 'node:util'
import { compare } from './comparison.ts'
import { Porcupine } from './porcupine.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { count: text, seed: text } })
const seed = Number(values.seed ?? 1)
await using porcupine = await Porcupine.build()
if (porcupine.missing !== undefined) say(`not compared with Porcupine: ${porcupine.missing}`)
else {
  const { right, wrong, stillRight, undecided } = await compare(porcupine, {
    seed,
    count: Number(values.count ?? 1000)
  })
  say(
    `both accept ${right} right ones and refuse ${wrong} mutated ones; ${stillRight} more were mutated and both accept them; ${undecided} took too long`
  )
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
