/** What holds for every data type: see support/laws.ts. */

import { isDocument } from './support/fields.ts'
import { nestableNames, topNames } from './support/kinds.ts'
import { testLaws } from './support/law-tests.ts'

testLaws(nestableNames, 80)
testLaws(
  topNames.filter(name => !isDocument(name)),
  80
)
