/** What holds for Automerge documents as for every data type: see support/laws.ts. */
import { automergeNames } from './support/kinds.ts'
import { testLaws } from './support/law-tests.ts'

testLaws(automergeNames, 15)
