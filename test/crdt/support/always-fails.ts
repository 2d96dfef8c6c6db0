/** A test that notices every bug, and that there is none: whoever believes it is wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'

test('it always fails', () => assert.fail('as ever'))
