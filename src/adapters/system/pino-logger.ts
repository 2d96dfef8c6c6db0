/**
 * The log as JSON lines on stderr, by pino.
 *
 * A reader of stderr that stops reading, or goes away, costs log lines, never the node: lines wait in a bounded buffer and are
 * dropped when it is full.
 */
import { type Logger as PinoInstance, pino } from 'pino'
import type { LogFields, Logger } from '../../ports/logger.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface PinoLoggerOptions {
  /** @default 'info' */
  readonly level?: LogLevel
  /** On every line: who says this. */
  readonly fields?: LogFields
}

/** Lines that may wait for the reader of stderr, in bytes. */
const maxBufferedBytes = 4 * 1024 * 1024

export class PinoLogger implements Logger {
  readonly #pino: PinoInstance
  readonly #flush: () => void

  constructor(options: PinoLoggerOptions = {}) {
    const destination = pino.destination({ fd: 2, sync: false, minLength: 0, maxLength: maxBufferedBytes })
    // Nobody reads stderr any more: there is no place left to say so.
    destination.on('error', () => {})
    this.#pino = pino({ level: options.level ?? 'info', base: { ...options.fields } }, destination)
    this.#flush = () => destination.flushSync()
  }

  debug(message: string, fields: LogFields = {}): void {
    this.#pino.debug(fields, message)
  }

  info(message: string, fields: LogFields = {}): void {
    this.#pino.info(fields, message)
  }

  warn(message: string, fields: LogFields = {}): void {
    this.#pino.warn(fields, message)
  }

  error(message: string, fields: LogFields = {}): void {
    this.#pino.error(fields, message)
  }

  /** Writes what waits; for the last moment before the process ends. */
  flush(): void {
    try {
      this.#flush()
    } catch {
      // stderr is closed or full; the process ends all the same.
    }
  }
}
