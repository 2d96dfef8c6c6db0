/**
 * Shows that the tests of the data types can fail. Each deliberate bug of support/mutations.ts is put into a copy of the sources, and
 * in another copy each law is broken in each type (support/broken-types.ts); then the tests run there until one fails.
 *
 * `node --conditions=shoal-source test/crdt/mutants.ts [--list | --grid] [NAME…]` prints which test noticed what; the exit code is 1 where
 * something went unnoticed. A bug that no longer fits the sources is an error, so that the list keeps up with them.
 */
import { Copy, type Found, findIn, findInGrid, gridCells } from './support/mutant-hunt.ts'
import { mutations } from './support/mutations.ts'

const args = process.argv.slice(2)
const names = args.filter(arg => !arg.startsWith('--'))
const parts = args.filter(arg => arg.startsWith('--'))
const isWanted = (name: string): boolean => names.length === 0 || names.some(part => name.includes(part))

let missed = 0
async function report(name: string, find: () => Promise<Found | undefined>): Promise<void> {
  const found = await find().catch((error: unknown) => String(error).slice(0, 200))
  const isFound = typeof found === 'object'
  if (!isFound) missed++
  const cells = isFound ? `${found.test} | ${found.error.replaceAll('|', '/')}` : `**${found ?? 'nothing'}** |`
  process.stdout.write(`| ${name} | ${cells} |\n`)
}

process.stdout.write('| bug | noticed by | how it shows |\n| --- | --- | --- |\n')
if (!parts.includes('--grid')) {
  for (const mutation of mutations) {
    if (isWanted(mutation.name)) await report(mutation.name, () => findIn(mutation))
  }
}
if (parts.length === 0 || parts.includes('--grid')) {
  await using copy = await Copy.withBreaks()
  for (const cell of gridCells()) {
    const name = `${cell.kind}: ${cell.way}`
    if (isWanted(name)) await report(name, () => findInGrid(copy, cell))
  }
}
process.exitCode = missed === 0 ? 0 : 1
