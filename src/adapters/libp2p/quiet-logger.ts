/** libp2p's debug log, switched off for good: it formats on every frame, and what matters to Shoal arrives as an error or event. */
import type { ComponentLogger, Logger } from '@libp2p/interface'

const quiet: Logger = Object.assign(() => {}, {
  error() {},
  trace() {},
  enabled: false,
  newScope: () => quiet
})

export const quietLogger: ComponentLogger = { forComponent: () => quiet }
