/** The field `vote()`, and the view through which a handler uses it. */
import { ShoalError } from '../ports/errors.ts'
import { nodeOf } from './origin-parts.ts'
import type { FieldType } from './schema.ts'
import type { Cell } from './transaction.ts'
import { erase } from './types.ts'
import { castVote, countVotes, type VoteState, type Votes, voteType } from './vote.ts'

export interface VoteView {
  readonly votes: Votes
  /** This node's vote; `undefined` before it has one. */
  readonly own: boolean | undefined
  /** Votes for or against, in the place of what this node voted before. */
  cast(yes: boolean): void
  /** Whether more than half of so many voters are in favour. Throws `SHOAL_BAD_ARGUMENT` where `voters` is not 1 or more. */
  passes(voters: number): boolean
}

/** A vote of the nodes. Its plain value is `{ for, against }`. */
export function vote(): FieldType<VoteView, Votes> & { readonly isNestable: false } {
  const open = (cell: Cell<VoteState>): VoteView => ({
    get votes() {
      return countVotes(cell.read())
    },
    get own() {
      return cell.read().get(nodeOf(cell.origin))?.yes
    },
    cast: yes => cell.change((state, draw) => castVote(state, cell.origin, draw, yes)),
    passes(voters) {
      if (!Number.isSafeInteger(voters) || voters < 1)
        throw new ShoalError(
          'SHOAL_BAD_ARGUMENT',
          `the number of voters is an integer, 1 or more, not ${String(voters)}`
        )
      return countVotes(cell.read()).for > voters / 2
    }
  })
  return {
    type: erase(voteType),
    depth: 0,
    isNestable: false,
    open: cell => open(cell as Cell<VoteState>),
    plain: state => countVotes(state as VoteState)
  }
}
