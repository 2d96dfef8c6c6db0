/** For `node --import`: the sources with that bug of the zoo of lease shards. */
import { loadWithBug } from './patched-loading.ts'

loadWithBug(process.env['SHOAL_LEASE_BUG'] ?? '')
