/** For `node --import`: a process whose owners go on for ever. */
import { loadWith } from './patched-loading.ts'

loadWith('serves on when it was fenced')
