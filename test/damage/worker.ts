/** A process that judges images and tells its parent of each, before and after: a damaged store can end it. */
import { runCampaign, type Tried } from './campaign.ts'

const [images, seed, from] = process.argv.slice(2, 5).map(Number)
const left = process.argv[5]
if (images === undefined || seed === undefined || from === undefined)
  throw new Error('worker.ts IMAGES SEED FROM [LEFT]')
const trying = (image: Tried) => process.send?.({ trying: image })
for await (const judged of runCampaign({ images, seed, from, ...(left === undefined ? {} : { left }), trying })) {
  process.send?.({ judged })
}
process.disconnect()
