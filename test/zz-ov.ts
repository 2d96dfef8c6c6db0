const { assertAllTold, overlappingRun } = await import('/tmp/P/test/actors/support/overlapping-run.ts')
let bad = 0
const from = Number(process.argv[2]), to = Number(process.argv[3])
for (let seed = from; seed <= to; seed++) {
  try { assertAllTold(await overlappingRun(seed)) } catch (e) { bad++; console.log('seed', seed, String(e).slice(0, 300)) }
  if (seed % 10 === 0) console.log('at', seed, 'bad', bad)
}
