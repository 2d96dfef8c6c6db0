/**
 * Loaded before `shoal start` in a node of the demo: when the process that started it is gone, for whatever reason, the node
 * leaves as if it had been told to.
 *
 * The parent holds the other end of standard input and never writes to it; the system closes it whatever way the parent ends.
 */

/** Longest time to leave, in milliseconds; a node that hangs must not outlive the demo. */
const leaveDeadlineMs = 15_000

let isOrphan = false

function leave(): void {
  if (isOrphan) return
  isOrphan = true
  process.kill(process.pid, 'SIGTERM')
  setTimeout(() => process.exit(1), leaveDeadlineMs).unref()
}

process.stdin.on('end', leave).on('close', leave).on('error', leave)
process.stdin.resume()
// Listening for the end must not be what keeps the process.
process.stdin.unref()
