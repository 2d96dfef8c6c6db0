/**
 * What models of replicas are made of: sets of dots, as bits of one number, and what add-wins makes of updates that are known.
 */
export type Dots = number

export interface Update {
  readonly dot: Dots
  readonly origin: number
  readonly seq: number
  /** The seq of the update before it of this origin to this actor, or 0. */
  readonly after: number
  readonly actor: number
  /** Every add is of an element of its own; a removal has a dot too, but leaves nothing alive. */
  readonly adds: boolean
  readonly removes: Dots
}

/** For models in which each origin has at most `maxSeq` seqs. */
export function dotSets(maxSeq: number) {
  const all = (1 << maxSeq) - 1
  const seqsOf = (dots: Dots, origin: number): number => (dots >> (origin * maxSeq)) & all
  return {
    /** The seqs of an origin that are in the set, one bit each. */
    seqsOf,
    dotOf: (origin: number, seq: number): Dots => 1 << (origin * maxSeq + seq - 1),
    oneOrigin: (origin: number): Dots => all << (origin * maxSeq),
    /** The seqs 1 to `seq` of an origin. */
    upTo: (origin: number, seq: number): Dots => ((1 << seq) - 1) << (origin * maxSeq),
    /** The smallest seq of the origin in the set, or 0. */
    firstSeq(dots: Dots, origin: number): number {
      const seqs = seqsOf(dots, origin)
      return seqs === 0 ? 0 : 32 - Math.clz32(seqs & -seqs)
    }
  }
}

/** Add-wins: of the adds that are known, those that no effective removal has seen. */
export function expected(updates: readonly Update[], known: Dots, effective: Dots, actor: number): Dots {
  let live = 0
  let removed = 0
  for (const update of updates) {
    if (update.actor !== actor) continue
    if (update.adds) live |= update.dot & known
    if ((update.dot & effective) !== 0) removed |= update.removes
  }
  return live & ~removed
}

/**
 * What an origin may write next: an add to one of these actors, a removal of all that is alive in it, and where it `replaces` both at
 * once. `live` is what it sees of each actor.
 */
export function* writesOf(
  origin: number,
  live: readonly Dots[],
  updates: readonly Update[],
  dotOf: (origin: number, seq: number) => Dots,
  replaces = false
): Generator<{ readonly event: string; readonly update: Update }> {
  const seq = 1 + updates.filter(update => update.origin === origin).length
  for (const [actor, seen] of live.entries()) {
    // Actors are alike until the first update: it may as well be of this one.
    if (updates.length === 0 && actor !== 0) continue
    const base = { dot: dotOf(origin, seq), origin, seq, after: lastOf(origin, actor, updates), actor }
    const event = (verb: string) => `${verb} at ${origin} on ${'AB'[actor]} as ${origin}:${seq}`
    yield { event: event('add'), update: { ...base, adds: true, removes: 0 } }
    if (seen === 0) continue
    yield { event: event('remove'), update: { ...base, adds: false, removes: seen } }
    if (replaces) yield { event: event('replace'), update: { ...base, adds: true, removes: seen } }
  }
}

function lastOf(origin: number, actor: number, updates: readonly Update[]): number {
  return updates.reduce((last, each) => (each.origin === origin && each.actor === actor ? each.seq : last), 0)
}

export function at<T>(list: readonly T[], position: number): T {
  const value = list[position]
  if (value === undefined) throw new RangeError(`nothing at ${position}`)
  return value
}
