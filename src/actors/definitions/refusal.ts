/** An answer of the application's own in place of a reply. */

/** An application's own answer to a call it will not carry out. Reaches the caller with its code, over any door (HTTP: 422). */
export class Refusal extends Error {
  readonly code: string
  readonly retryable = false

  constructor(code: string, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
  }
}

/** `throw refuse('INSUFFICIENT_FUNDS', 'balance is 3')`. Codes are upper-case words; `SHOAL_` is ours. */
export function refuse(code: string, message: string): Refusal {
  if (!/^[A-Z][A-Z0-9_]{0,62}$/.test(code) || code.startsWith('SHOAL_')) {
    throw new TypeError(
      `${JSON.stringify(code)}: a refusal's code is an upper-case word that does not start with SHOAL_`
    )
  }
  return new Refusal(code, message)
}
