/** What a person can mend by typing something else. Printed as one line; the exit code is 2. */
export class UsageError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options)
    this.name = 'UsageError'
  }
}
