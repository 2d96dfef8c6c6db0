/** The example shop's kinds, for tests. */
import { command, orSet, replicated } from 'shoal'
import { z } from 'zod'
import { Account, Cart, Counter, Document } from '../../examples/shop.ts'

const word = z.string().min(1).max(200)

/** That of the shop, but a removal says whether the replica that ran it had the tag. */
export const Tags = replicated('tags', orSet<string>(), {
  add: command(word, ({ state }, tag) => {
    state.add(tag)
  }),
  remove: command(word, ({ state }, tag) => {
    const wasThere = state.has(tag)
    state.remove(tag)
    return wasThere
  })
})

export const actors = [Counter, Tags, Cart, Document, Account]
