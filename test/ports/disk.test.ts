/** LevelDB and the simulated disk keep the same promises. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { SimulatedDisk } from '../../src/simulation/disk.ts'
import { DiskImage } from '../../src/simulation/disk-image.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { settled } from '../../src/simulation/settle.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { diskConformance } from './disk-conformance.ts'

diskConformance('level', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-disk-'))
  return {
    handle: () => new LevelDisk(join(directory, 'store')),
    settle: promise => promise,
    dispose: () => rm(directory, { recursive: true })
  }
})

for (const seed of [1, 2, 3]) {
  diskConformance(`simulated, seed ${seed}`, async () => {
    const time = new SimulatedTime()
    const image = new DiskImage(new SeededRandom(seed))
    return {
      handle: () => new SimulatedDisk(new SimulatedProcess('one', time), image),
      settle: promise => settled(time, promise),
      async dispose() {}
    }
  })
}
