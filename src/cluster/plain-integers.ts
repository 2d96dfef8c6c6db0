/**
 * Makes protobuf read 64-bit integers, which here are seqs and counts, as plain safe integers and never as Long objects.
 *
 * Import it before generated codecs: they look once, when they are loaded, what the value of an absent field is.
 */
import protobuf from 'protobufjs/minimal.js'

Object.assign(protobuf.util, { Long: undefined })
protobuf.configure()
