/** The example shop's kinds, for tests. */
import { Account, Cart, Counter, Document, Tags } from '../../examples/shop.ts'

export const actors = [Counter, Tags, Cart, Document, Account]
