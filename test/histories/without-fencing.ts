/** For `node --import`: a process whose owners go on for ever. */
import { loadWithBug } from '../cluster/lease/patched-loading.ts'

loadWithBug('serves on when it was fenced')
