/** Images by the hundred: histories are made anew now and then, each image is damaged and judged, and what came of it is counted. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SeededRandom } from '../../src/simulation/random.ts'
import { makeHistory } from './history.ts'
import { type Copy, type DamageKind, damageKinds, makeCopies, makeImage } from './images.ts'
import { Prefixes } from './prefixes.ts'
import { judge, type Scene, type Verdict } from './verdict.ts'

export interface Campaign {
  readonly images: number
  readonly seed: number
  /** The first image to make: those before it were judged already. @default 0 */
  readonly from?: number
  /** The first image, as a process left it that died over it: judged once more, as after a restart. @default it is made anew */
  readonly left?: string
  /** Told of each image before it is judged: a damaged store can end the process that opens it. */
  readonly trying?: (image: Tried) => void
}

export interface Tried {
  readonly number: number
  readonly seed: number
  readonly kind: DamageKind
  readonly damage: string
  readonly scene: Scene
  readonly directory: string
}

export interface Judged extends Tried {
  readonly verdict: Verdict
}

/** Images that are made from one history. */
const imagesPerHistory = 100

const sizes = [
  { writes: 60, actors: 6 },
  { writes: 150, actors: 20 },
  { writes: 400, actors: 40 }
] as const

/** One image, by its number: a number draws the same image in every campaign of the seed. */
export async function* runCampaign({ images, seed, from = 0, left, trying }: Campaign): AsyncGenerator<Judged> {
  for (let first = from - (from % imagesPerHistory); first < images; first += imagesPerHistory) {
    const under = await mkdtemp(join(tmpdir(), 'shoal-damage-'))
    try {
      const historySeed = seed + first / imagesPerHistory
      const random = new SeededRandom(`campaign ${historySeed}`)
      const size = random.pick(sizes)
      const history = await makeHistory({ seed: historySeed, ...size })
      const prefixes = new Prefixes(history.batches)
      const copies = await makeCopies(under, history.batches, moments(history.batches.length, random))
      for (let n = Math.max(first, from); n < Math.min(images, first + imagesPerHistory); n++) {
        const scene = n % 3 === 0 ? 'alone' : 'one of three'
        const kind = damageKinds[Math.floor(n / 3) % damageKinds.length] ?? 'none'
        const chance = new SeededRandom(`image ${historySeed} ${n}`)
        const fresh = await makeImage(under, copies as readonly Copy[], chance, kind)
        const image = n === from && left !== undefined ? { ...fresh, directory: left } : fresh
        const tried: Tried = {
          number: n,
          seed: historySeed,
          kind,
          damage: image.damage,
          scene,
          directory: image.directory
        }
        trying?.(tried)
        const verdict = await judge(history, prefixes, image, scene)
        yield { ...tried, verdict: strict(kind, verdict) }
      }
    } finally {
      await rm(under, { recursive: true, force: true })
    }
  }
}

/** What did no harm must come out right: a process that is killed loses nothing that it acknowledged. */
function strict(kind: DamageKind, verdict: Verdict): Verdict {
  const isUnhurt = kind === 'none' || kind === 'kill in the middle of a write'
  if (!isUnhurt || verdict.outcome === 'right') return verdict
  return { outcome: 'wrong', reason: `nothing was damaged, and it is ${verdict.outcome}: ${verdict.reason}` }
}

/** Eight moments, the last of them the end. */
function moments(batches: number, random: SeededRandom): number[] {
  const at = new Set([batches])
  while (at.size < Math.min(8, batches)) at.add(1 + random.below(batches))
  return [...at].sort((a, b) => a - b)
}
