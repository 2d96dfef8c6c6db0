/** What holds for Yjs documents as for every data type: see support/laws.ts. */
import { yjsNames } from './support/kinds.ts'
import { testLaws } from './support/law-tests.ts'

testLaws(yjsNames, 40)
