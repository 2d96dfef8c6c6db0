/**
 * Options that nothing would look at: a misspelt one must not pass for the standard setting of the one that was meant, as `partitoin: 'lease'`
 * for the mode `merge`.
 */

/** All names of an interface's options, checked against it by the compiler. */
export type OptionNames<T> = Readonly<Record<keyof T, true>>

/** What is wrong with the names of these options, or with what should be an object of them. */
export function faultOfOptions<T>(options: unknown, known: OptionNames<T>): string | undefined {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return 'the options are an object'
  const unknown = Object.keys(options).find(name => !Object.hasOwn(known, name))
  if (unknown === undefined) return undefined
  return `there is no option ${JSON.stringify(unknown.slice(0, 64))}; there are ${Object.keys(known).join(', ')}`
}
