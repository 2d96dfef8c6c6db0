/** The libp2p network keeps the promises of the port. */
import { networkConformance } from '../ports/network-conformance.ts'
import { libp2pWorld } from './libp2p-world.ts'

networkConformance('libp2p', libp2pWorld)
