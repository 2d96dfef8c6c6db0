export { isShoalError, ShoalError, type ShoalErrorCode } from './ports/errors.ts'
