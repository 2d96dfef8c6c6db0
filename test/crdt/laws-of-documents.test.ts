/** What holds for documents as for every data type: see support/laws.ts. */
import { documentNames } from './support/kinds.ts'
import { testLaws } from './support/law-tests.ts'

testLaws(documentNames, 40)
