/** The log as JSON lines on stderr, by pino. Logging never blocks the node and never ends it; see line-writer.ts. */
import { type Logger as PinoInstance, pino } from 'pino'
import type { LogFields, Logger } from '../../ports/logger.ts'
import { LineWriter } from './line-writer.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface PinoLoggerOptions {
  /** @default 'info' */
  readonly level?: LogLevel
  /** On every line: who says this. */
  readonly fields?: LogFields
}

const stderr = 2

export class PinoLogger implements Logger {
  readonly #pino: PinoInstance
  readonly #lines = new LineWriter(stderr)

  constructor(options: PinoLoggerOptions = {}) {
    this.#pino = pino({ level: options.level ?? 'info', base: { ...options.fields } }, this.#lines)
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

  /** Writes what waits, for half a second at most: for the last moment before the process ends. */
  flush(): Promise<void> {
    return this.#lines.flush(500)
  }
}
