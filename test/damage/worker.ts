/** A process that judges images and tells its parent of each, before and after: a damaged store can end it. */
import { runCampaign } from './campaign.ts'

const [images, seed, from] = process.argv.slice(2).map(Number)
if (images === undefined || seed === undefined || from === undefined) throw new Error('worker.ts IMAGES SEED FROM')
for await (const judged of runCampaign({ images, seed, from, trying: trying => process.send?.({ trying }) })) {
  process.send?.({ judged })
}
process.disconnect()
