/*eslint-disable block-scoped-var, id-length, no-control-regex, no-magic-numbers, no-mixed-operators, no-prototype-builtins, no-redeclare, no-shadow, no-var, sort-vars, default-case, jsdoc/require-param*/
import $protobuf from "protobufjs/minimal.js";

// Common aliases
const $Reader = $protobuf.Reader, $Writer = $protobuf.Writer, $util = $protobuf.util;
const $Object = $util.global.Object, $undefined = $util.global.undefined, $Error = $util.global.Error, $RangeError = $util.global.RangeError;

// Exported root namespace
const $root = $protobuf.roots["shoal"] || ($protobuf.roots["shoal"] = {});

export const shoal = $root.shoal = (() => {

    /**
     * Namespace shoal.
     * @exports shoal
     * @namespace
     */
    const shoal = {};

    shoal.peer = (function() {

        /**
         * Namespace peer.
         * @memberof shoal
         * @namespace
         */
        const peer = {};

        peer.Control = (function() {

            /**
             * Properties of a Control.
             * @typedef {Object} shoal.peer.Control.$Properties
             * @property {shoal.peer.Hello.$Properties|null} [hello] Control hello
             * @property {shoal.peer.Ping.$Properties|null} [ping] Control ping
             * @property {shoal.peer.Ack.$Properties|null} [ack] Control ack
             * @property {shoal.peer.PingRequest.$Properties|null} [pingRequest] Control pingRequest
             * @property {shoal.peer.Beacon.$Properties|null} [beacon] Control beacon
             * @property {shoal.peer.ShardHashes.$Properties|null} [shardHashes] Control shardHashes
             * @property {shoal.peer.Stored.$Properties|null} [stored] Control stored
             * @property {shoal.peer.Flush.$Properties|null} [flush] Control flush
             * @property {shoal.peer.Flushed.$Properties|null} [flushed] Control flushed
             * @property {shoal.peer.Nack.$Properties|null} [nack] Control nack
             * @property {shoal.peer.PushWanted.$Properties|null} [pushWanted] Control pushWanted
             * @property {shoal.peer.Holdings.$Properties|null} [holdings] Control holdings
             * @property {shoal.peer.VoterQuestion.$Properties|null} [voterQuestion] Control voterQuestion
             * @property {shoal.peer.VoterAnswer.$Properties|null} [voterAnswer] Control voterAnswer
             * @property {"hello"|"ping"|"ack"|"pingRequest"|"beacon"|"shardHashes"|"stored"|"flush"|"flushed"|"nack"|"pushWanted"|"holdings"|"voterQuestion"|"voterAnswer"} [body] Control body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Control.
             * @memberof shoal.peer
             * @interface IControl
             * @augments shoal.peer.Control.$Properties
             * @deprecated Use shoal.peer.Control.$Properties instead.
             */

            /**
             * Narrowed shape of a Control.
             * @typedef {{
             *   hello?: shoal.peer.Hello.$Shape|null;
             *   ping?: shoal.peer.Ping.$Shape|null;
             *   ack?: shoal.peer.Ack.$Shape|null;
             *   pingRequest?: shoal.peer.PingRequest.$Shape|null;
             *   beacon?: shoal.peer.Beacon.$Shape|null;
             *   shardHashes?: shoal.peer.ShardHashes.$Shape|null;
             *   stored?: shoal.peer.Stored.$Shape|null;
             *   flush?: shoal.peer.Flush.$Shape|null;
             *   flushed?: shoal.peer.Flushed.$Shape|null;
             *   nack?: shoal.peer.Nack.$Shape|null;
             *   pushWanted?: shoal.peer.PushWanted.$Shape|null;
             *   holdings?: shoal.peer.Holdings.$Shape|null;
             *   voterQuestion?: shoal.peer.VoterQuestion.$Shape|null;
             *   voterAnswer?: shoal.peer.VoterAnswer.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "hello"; hello: shoal.peer.Hello.$Shape; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "ping"; hello?: null; ping: shoal.peer.Ping.$Shape; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "ack"; hello?: null; ping?: null; ack: shoal.peer.Ack.$Shape; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "pingRequest"; hello?: null; ping?: null; ack?: null; pingRequest: shoal.peer.PingRequest.$Shape; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "beacon"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon: shoal.peer.Beacon.$Shape; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "shardHashes"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes: shoal.peer.ShardHashes.$Shape; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "stored"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored: shoal.peer.Stored.$Shape; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "flush"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush: shoal.peer.Flush.$Shape; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "flushed"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed: shoal.peer.Flushed.$Shape; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "nack"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack: shoal.peer.Nack.$Shape; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "pushWanted"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted: shoal.peer.PushWanted.$Shape; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "holdings"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings: shoal.peer.Holdings.$Shape; voterQuestion?: null; voterAnswer?: null }|{ body?: "voterQuestion"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion: shoal.peer.VoterQuestion.$Shape; voterAnswer?: null }|{ body?: "voterAnswer"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer: shoal.peer.VoterAnswer.$Shape })
             * )} shoal.peer.Control.$Shape
             */

            /**
             * Constructs a new Control.
             * @memberof shoal.peer
             * @classdesc Represents a Control.
             * @constructor
             * @param {shoal.peer.Control.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Control = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Control hello.
             * @member {shoal.peer.Hello.$Properties|null|undefined} hello
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.hello = null;

            /**
             * Control ping.
             * @member {shoal.peer.Ping.$Properties|null|undefined} ping
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.ping = null;

            /**
             * Control ack.
             * @member {shoal.peer.Ack.$Properties|null|undefined} ack
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.ack = null;

            /**
             * Control pingRequest.
             * @member {shoal.peer.PingRequest.$Properties|null|undefined} pingRequest
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.pingRequest = null;

            /**
             * Control beacon.
             * @member {shoal.peer.Beacon.$Properties|null|undefined} beacon
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.beacon = null;

            /**
             * Control shardHashes.
             * @member {shoal.peer.ShardHashes.$Properties|null|undefined} shardHashes
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.shardHashes = null;

            /**
             * Control stored.
             * @member {shoal.peer.Stored.$Properties|null|undefined} stored
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.stored = null;

            /**
             * Control flush.
             * @member {shoal.peer.Flush.$Properties|null|undefined} flush
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.flush = null;

            /**
             * Control flushed.
             * @member {shoal.peer.Flushed.$Properties|null|undefined} flushed
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.flushed = null;

            /**
             * Control nack.
             * @member {shoal.peer.Nack.$Properties|null|undefined} nack
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.nack = null;

            /**
             * Control pushWanted.
             * @member {shoal.peer.PushWanted.$Properties|null|undefined} pushWanted
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.pushWanted = null;

            /**
             * Control holdings.
             * @member {shoal.peer.Holdings.$Properties|null|undefined} holdings
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.holdings = null;

            /**
             * Control voterQuestion.
             * @member {shoal.peer.VoterQuestion.$Properties|null|undefined} voterQuestion
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.voterQuestion = null;

            /**
             * Control voterAnswer.
             * @member {shoal.peer.VoterAnswer.$Properties|null|undefined} voterAnswer
             * @memberof shoal.peer.Control
             * @instance
             */
            Control.prototype.voterAnswer = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Control body.
             * @member {"hello"|"ping"|"ack"|"pingRequest"|"beacon"|"shardHashes"|"stored"|"flush"|"flushed"|"nack"|"pushWanted"|"holdings"|"voterQuestion"|"voterAnswer"|undefined} body
             * @memberof shoal.peer.Control
             * @instance
             */
            $Object.defineProperty(Control.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["hello", "ping", "ack", "pingRequest", "beacon", "shardHashes", "stored", "flush", "flushed", "nack", "pushWanted", "holdings", "voterQuestion", "voterAnswer"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Control message. Does not implicitly {@link shoal.peer.Control.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Control
             * @static
             * @param {shoal.peer.Control.$Properties} message Control message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Control.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hello != null && $Object.hasOwnProperty.call(message, "hello"))
                    $root.shoal.peer.Hello.encode(message.hello, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.ping != null && $Object.hasOwnProperty.call(message, "ping"))
                    $root.shoal.peer.Ping.encode(message.ping, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.ack != null && $Object.hasOwnProperty.call(message, "ack"))
                    $root.shoal.peer.Ack.encode(message.ack, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.pingRequest != null && $Object.hasOwnProperty.call(message, "pingRequest"))
                    $root.shoal.peer.PingRequest.encode(message.pingRequest, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.beacon != null && $Object.hasOwnProperty.call(message, "beacon"))
                    $root.shoal.peer.Beacon.encode(message.beacon, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.shardHashes != null && $Object.hasOwnProperty.call(message, "shardHashes"))
                    $root.shoal.peer.ShardHashes.encode(message.shardHashes, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.stored != null && $Object.hasOwnProperty.call(message, "stored"))
                    $root.shoal.peer.Stored.encode(message.stored, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.flush != null && $Object.hasOwnProperty.call(message, "flush"))
                    $root.shoal.peer.Flush.encode(message.flush, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.flushed != null && $Object.hasOwnProperty.call(message, "flushed"))
                    $root.shoal.peer.Flushed.encode(message.flushed, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.nack != null && $Object.hasOwnProperty.call(message, "nack"))
                    $root.shoal.peer.Nack.encode(message.nack, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.pushWanted != null && $Object.hasOwnProperty.call(message, "pushWanted"))
                    $root.shoal.peer.PushWanted.encode(message.pushWanted, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
                if (message.holdings != null && $Object.hasOwnProperty.call(message, "holdings"))
                    $root.shoal.peer.Holdings.encode(message.holdings, writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
                if (message.voterQuestion != null && $Object.hasOwnProperty.call(message, "voterQuestion"))
                    $root.shoal.peer.VoterQuestion.encode(message.voterQuestion, writer.uint32(/* id 20, wireType 2 =*/162).fork(), _depth + 1).ldelim();
                if (message.voterAnswer != null && $Object.hasOwnProperty.call(message, "voterAnswer"))
                    $root.shoal.peer.VoterAnswer.encode(message.voterAnswer, writer.uint32(/* id 21, wireType 2 =*/170).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Control message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Control
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Control & shoal.peer.Control.$Shape} Control
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Control.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Control();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.hello = $root.shoal.peer.Hello.decode(reader, reader.size(), $undefined, _depth + 1, message.hello);
                            message.body = "hello";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.ping = $root.shoal.peer.Ping.decode(reader, reader.size(), $undefined, _depth + 1, message.ping);
                            message.body = "ping";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.ack = $root.shoal.peer.Ack.decode(reader, reader.size(), $undefined, _depth + 1, message.ack);
                            message.body = "ack";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.pingRequest = $root.shoal.peer.PingRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.pingRequest);
                            message.body = "pingRequest";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.beacon = $root.shoal.peer.Beacon.decode(reader, reader.size(), $undefined, _depth + 1, message.beacon);
                            message.body = "beacon";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.shardHashes = $root.shoal.peer.ShardHashes.decode(reader, reader.size(), $undefined, _depth + 1, message.shardHashes);
                            message.body = "shardHashes";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.stored = $root.shoal.peer.Stored.decode(reader, reader.size(), $undefined, _depth + 1, message.stored);
                            message.body = "stored";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.flush = $root.shoal.peer.Flush.decode(reader, reader.size(), $undefined, _depth + 1, message.flush);
                            message.body = "flush";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.flushed = $root.shoal.peer.Flushed.decode(reader, reader.size(), $undefined, _depth + 1, message.flushed);
                            message.body = "flushed";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.nack = $root.shoal.peer.Nack.decode(reader, reader.size(), $undefined, _depth + 1, message.nack);
                            message.body = "nack";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.pushWanted = $root.shoal.peer.PushWanted.decode(reader, reader.size(), $undefined, _depth + 1, message.pushWanted);
                            message.body = "pushWanted";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            message.holdings = $root.shoal.peer.Holdings.decode(reader, reader.size(), $undefined, _depth + 1, message.holdings);
                            message.body = "holdings";
                            continue;
                        }
                    case 20: {
                            if (wireType !== 2)
                                break;
                            message.voterQuestion = $root.shoal.peer.VoterQuestion.decode(reader, reader.size(), $undefined, _depth + 1, message.voterQuestion);
                            message.body = "voterQuestion";
                            continue;
                        }
                    case 21: {
                            if (wireType !== 2)
                                break;
                            message.voterAnswer = $root.shoal.peer.VoterAnswer.decode(reader, reader.size(), $undefined, _depth + 1, message.voterAnswer);
                            message.body = "voterAnswer";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Control;
        })();

        peer.VoterQuestion = (function() {

            /**
             * Properties of a VoterQuestion.
             * @typedef {Object} shoal.peer.VoterQuestion.$Properties
             * @property {number|null} [number] VoterQuestion number
             * @property {string|null} [voter] VoterQuestion voter
             * @property {string|null} [key] VoterQuestion key
             * @property {shoal.peer.VoterLook.$Properties|null} [look] VoterQuestion look
             * @property {shoal.peer.Ballot.$Properties|null} [promise] VoterQuestion promise
             * @property {shoal.peer.VoterProposal.$Properties|null} [accept] VoterQuestion accept
             * @property {shoal.peer.VoterList.$Properties|null} [list] VoterQuestion list
             * @property {shoal.peer.Ballot.$Properties|null} [forget] VoterQuestion forget
             * @property {string|null} [listId] VoterQuestion listId
             * @property {"look"|"promise"|"accept"|"list"|"forget"} [body] VoterQuestion body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterQuestion.
             * @memberof shoal.peer
             * @interface IVoterQuestion
             * @augments shoal.peer.VoterQuestion.$Properties
             * @deprecated Use shoal.peer.VoterQuestion.$Properties instead.
             */

            /**
             * Narrowed shape of a VoterQuestion.
             * @typedef {{
             *   number?: number|null;
             *   voter?: string|null;
             *   key?: string|null;
             *   look?: shoal.peer.VoterLook.$Shape|null;
             *   promise?: shoal.peer.Ballot.$Shape|null;
             *   accept?: shoal.peer.VoterProposal.$Shape|null;
             *   list?: shoal.peer.VoterList.$Shape|null;
             *   forget?: shoal.peer.Ballot.$Shape|null;
             *   listId?: string|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; look?: null; promise?: null; accept?: null; list?: null; forget?: null }|{ body?: "look"; look: shoal.peer.VoterLook.$Shape; promise?: null; accept?: null; list?: null; forget?: null }|{ body?: "promise"; look?: null; promise: shoal.peer.Ballot.$Shape; accept?: null; list?: null; forget?: null }|{ body?: "accept"; look?: null; promise?: null; accept: shoal.peer.VoterProposal.$Shape; list?: null; forget?: null }|{ body?: "list"; look?: null; promise?: null; accept?: null; list: shoal.peer.VoterList.$Shape; forget?: null }|{ body?: "forget"; look?: null; promise?: null; accept?: null; list?: null; forget: shoal.peer.Ballot.$Shape })
             * )} shoal.peer.VoterQuestion.$Shape
             */

            /**
             * Constructs a new VoterQuestion.
             * @memberof shoal.peer
             * @classdesc Represents a VoterQuestion.
             * @constructor
             * @param {shoal.peer.VoterQuestion.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterQuestion = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * VoterQuestion number.
             * @member {number} number
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * VoterQuestion voter.
             * @member {string} voter
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.voter = "";

            /**
             * VoterQuestion key.
             * @member {string} key
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.key = "";

            /**
             * VoterQuestion look.
             * @member {shoal.peer.VoterLook.$Properties|null|undefined} look
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.look = null;

            /**
             * VoterQuestion promise.
             * @member {shoal.peer.Ballot.$Properties|null|undefined} promise
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.promise = null;

            /**
             * VoterQuestion accept.
             * @member {shoal.peer.VoterProposal.$Properties|null|undefined} accept
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.accept = null;

            /**
             * VoterQuestion list.
             * @member {shoal.peer.VoterList.$Properties|null|undefined} list
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.list = null;

            /**
             * VoterQuestion forget.
             * @member {shoal.peer.Ballot.$Properties|null|undefined} forget
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.forget = null;

            /**
             * VoterQuestion listId.
             * @member {string} listId
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            VoterQuestion.prototype.listId = "";

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * VoterQuestion body.
             * @member {"look"|"promise"|"accept"|"list"|"forget"|undefined} body
             * @memberof shoal.peer.VoterQuestion
             * @instance
             */
            $Object.defineProperty(VoterQuestion.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["look", "promise", "accept", "list", "forget"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified VoterQuestion message. Does not implicitly {@link shoal.peer.VoterQuestion.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterQuestion
             * @static
             * @param {shoal.peer.VoterQuestion.$Properties} message VoterQuestion message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterQuestion.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.voter != null && $Object.hasOwnProperty.call(message, "voter") && message.voter !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.voter);
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.key);
                if (message.look != null && $Object.hasOwnProperty.call(message, "look"))
                    $root.shoal.peer.VoterLook.encode(message.look, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.promise != null && $Object.hasOwnProperty.call(message, "promise"))
                    $root.shoal.peer.Ballot.encode(message.promise, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.accept != null && $Object.hasOwnProperty.call(message, "accept"))
                    $root.shoal.peer.VoterProposal.encode(message.accept, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.list != null && $Object.hasOwnProperty.call(message, "list"))
                    $root.shoal.peer.VoterList.encode(message.list, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.listId != null && $Object.hasOwnProperty.call(message, "listId") && message.listId !== "")
                    writer.uint32(/* id 8, wireType 2 =*/66).string(message.listId);
                if (message.forget != null && $Object.hasOwnProperty.call(message, "forget"))
                    $root.shoal.peer.Ballot.encode(message.forget, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterQuestion message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterQuestion
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterQuestion & shoal.peer.VoterQuestion.$Shape} VoterQuestion
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterQuestion.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterQuestion();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.voter = value;
                            else
                                delete message.voter;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.look = $root.shoal.peer.VoterLook.decode(reader, reader.size(), $undefined, _depth + 1, message.look);
                            message.body = "look";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.promise = $root.shoal.peer.Ballot.decode(reader, reader.size(), $undefined, _depth + 1, message.promise);
                            message.body = "promise";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.accept = $root.shoal.peer.VoterProposal.decode(reader, reader.size(), $undefined, _depth + 1, message.accept);
                            message.body = "accept";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.list = $root.shoal.peer.VoterList.decode(reader, reader.size(), $undefined, _depth + 1, message.list);
                            message.body = "list";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.forget = $root.shoal.peer.Ballot.decode(reader, reader.size(), $undefined, _depth + 1, message.forget);
                            message.body = "forget";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.listId = value;
                            else
                                delete message.listId;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterQuestion;
        })();

        peer.VoterLook = (function() {

            /**
             * Properties of a VoterLook.
             * @typedef {Object} shoal.peer.VoterLook.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterLook.
             * @memberof shoal.peer
             * @interface IVoterLook
             * @augments shoal.peer.VoterLook.$Properties
             * @deprecated Use shoal.peer.VoterLook.$Properties instead.
             */

            /**
             * Shape of a VoterLook.
             * @typedef {shoal.peer.VoterLook.$Properties} shoal.peer.VoterLook.$Shape
             */

            /**
             * Constructs a new VoterLook.
             * @memberof shoal.peer
             * @classdesc Represents a VoterLook.
             * @constructor
             * @param {shoal.peer.VoterLook.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterLook = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified VoterLook message. Does not implicitly {@link shoal.peer.VoterLook.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterLook
             * @static
             * @param {shoal.peer.VoterLook.$Properties} message VoterLook message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterLook.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterLook message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterLook
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterLook & shoal.peer.VoterLook.$Shape} VoterLook
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterLook.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterLook();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterLook;
        })();

        peer.VoterProposal = (function() {

            /**
             * Properties of a VoterProposal.
             * @typedef {Object} shoal.peer.VoterProposal.$Properties
             * @property {shoal.peer.VoterRegister.$Properties|null} [register] VoterProposal register
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterProposal.
             * @memberof shoal.peer
             * @interface IVoterProposal
             * @augments shoal.peer.VoterProposal.$Properties
             * @deprecated Use shoal.peer.VoterProposal.$Properties instead.
             */

            /**
             * Shape of a VoterProposal.
             * @typedef {shoal.peer.VoterProposal.$Properties} shoal.peer.VoterProposal.$Shape
             */

            /**
             * Constructs a new VoterProposal.
             * @memberof shoal.peer
             * @classdesc Represents a VoterProposal.
             * @constructor
             * @param {shoal.peer.VoterProposal.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterProposal = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * VoterProposal register.
             * @member {shoal.peer.VoterRegister.$Properties|null|undefined} register
             * @memberof shoal.peer.VoterProposal
             * @instance
             */
            VoterProposal.prototype.register = null;

            /**
             * Encodes the specified VoterProposal message. Does not implicitly {@link shoal.peer.VoterProposal.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterProposal
             * @static
             * @param {shoal.peer.VoterProposal.$Properties} message VoterProposal message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterProposal.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.register != null && $Object.hasOwnProperty.call(message, "register"))
                    $root.shoal.peer.VoterRegister.encode(message.register, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterProposal message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterProposal
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterProposal & shoal.peer.VoterProposal.$Shape} VoterProposal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterProposal.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterProposal();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.register = $root.shoal.peer.VoterRegister.decode(reader, reader.size(), $undefined, _depth + 1, message.register);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterProposal;
        })();

        peer.VoterList = (function() {

            /**
             * Properties of a VoterList.
             * @typedef {Object} shoal.peer.VoterList.$Properties
             * @property {string|null} [after] VoterList after
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterList.
             * @memberof shoal.peer
             * @interface IVoterList
             * @augments shoal.peer.VoterList.$Properties
             * @deprecated Use shoal.peer.VoterList.$Properties instead.
             */

            /**
             * Shape of a VoterList.
             * @typedef {shoal.peer.VoterList.$Properties} shoal.peer.VoterList.$Shape
             */

            /**
             * Constructs a new VoterList.
             * @memberof shoal.peer
             * @classdesc Represents a VoterList.
             * @constructor
             * @param {shoal.peer.VoterList.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterList = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * VoterList after.
             * @member {string} after
             * @memberof shoal.peer.VoterList
             * @instance
             */
            VoterList.prototype.after = "";

            /**
             * Encodes the specified VoterList message. Does not implicitly {@link shoal.peer.VoterList.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterList
             * @static
             * @param {shoal.peer.VoterList.$Properties} message VoterList message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterList.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.after != null && $Object.hasOwnProperty.call(message, "after") && message.after !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.after);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterList message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterList
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterList & shoal.peer.VoterList.$Shape} VoterList
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterList.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterList();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.after = value;
                            else
                                delete message.after;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterList;
        })();

        peer.Ballot = (function() {

            /**
             * Properties of a Ballot.
             * @typedef {Object} shoal.peer.Ballot.$Properties
             * @property {number|null} [counter] Ballot counter
             * @property {string|null} [proposer] Ballot proposer
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Ballot.
             * @memberof shoal.peer
             * @interface IBallot
             * @augments shoal.peer.Ballot.$Properties
             * @deprecated Use shoal.peer.Ballot.$Properties instead.
             */

            /**
             * Shape of a Ballot.
             * @typedef {shoal.peer.Ballot.$Properties} shoal.peer.Ballot.$Shape
             */

            /**
             * Constructs a new Ballot.
             * @memberof shoal.peer
             * @classdesc Represents a Ballot.
             * @constructor
             * @param {shoal.peer.Ballot.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Ballot = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Ballot counter.
             * @member {number} counter
             * @memberof shoal.peer.Ballot
             * @instance
             */
            Ballot.prototype.counter = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Ballot proposer.
             * @member {string} proposer
             * @memberof shoal.peer.Ballot
             * @instance
             */
            Ballot.prototype.proposer = "";

            /**
             * Encodes the specified Ballot message. Does not implicitly {@link shoal.peer.Ballot.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Ballot
             * @static
             * @param {shoal.peer.Ballot.$Properties} message Ballot message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Ballot.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.counter != null && $Object.hasOwnProperty.call(message, "counter") && (typeof message.counter === "object" ? message.counter.low || message.counter.high : message.counter !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.counter);
                if (message.proposer != null && $Object.hasOwnProperty.call(message, "proposer") && message.proposer !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.proposer);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Ballot message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Ballot
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Ballot & shoal.peer.Ballot.$Shape} Ballot
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Ballot.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Ballot();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.counter = value;
                            else
                                delete message.counter;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.proposer = value;
                            else
                                delete message.proposer;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Ballot;
        })();

        peer.VoterRegister = (function() {

            /**
             * Properties of a VoterRegister.
             * @typedef {Object} shoal.peer.VoterRegister.$Properties
             * @property {string|null} [key] VoterRegister key
             * @property {shoal.peer.Ballot.$Properties|null} [ballot] VoterRegister ballot
             * @property {string|null} [version] VoterRegister version
             * @property {Uint8Array|null} [value] VoterRegister value
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterRegister.
             * @memberof shoal.peer
             * @interface IVoterRegister
             * @augments shoal.peer.VoterRegister.$Properties
             * @deprecated Use shoal.peer.VoterRegister.$Properties instead.
             */

            /**
             * Shape of a VoterRegister.
             * @typedef {shoal.peer.VoterRegister.$Properties} shoal.peer.VoterRegister.$Shape
             */

            /**
             * Constructs a new VoterRegister.
             * @memberof shoal.peer
             * @classdesc Represents a VoterRegister.
             * @constructor
             * @param {shoal.peer.VoterRegister.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterRegister = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * VoterRegister key.
             * @member {string} key
             * @memberof shoal.peer.VoterRegister
             * @instance
             */
            VoterRegister.prototype.key = "";

            /**
             * VoterRegister ballot.
             * @member {shoal.peer.Ballot.$Properties|null|undefined} ballot
             * @memberof shoal.peer.VoterRegister
             * @instance
             */
            VoterRegister.prototype.ballot = null;

            /**
             * VoterRegister version.
             * @member {string} version
             * @memberof shoal.peer.VoterRegister
             * @instance
             */
            VoterRegister.prototype.version = "";

            /**
             * VoterRegister value.
             * @member {Uint8Array} value
             * @memberof shoal.peer.VoterRegister
             * @instance
             */
            VoterRegister.prototype.value = $util.newBuffer([]);

            /**
             * Encodes the specified VoterRegister message. Does not implicitly {@link shoal.peer.VoterRegister.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterRegister
             * @static
             * @param {shoal.peer.VoterRegister.$Properties} message VoterRegister message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterRegister.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.key != null && $Object.hasOwnProperty.call(message, "key") && message.key !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.key);
                if (message.ballot != null && $Object.hasOwnProperty.call(message, "ballot"))
                    $root.shoal.peer.Ballot.encode(message.ballot, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.version != null && $Object.hasOwnProperty.call(message, "version") && message.version !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.version);
                if (message.value != null && $Object.hasOwnProperty.call(message, "value") && message.value.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.value);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterRegister message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterRegister
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterRegister & shoal.peer.VoterRegister.$Shape} VoterRegister
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterRegister.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterRegister();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.key = value;
                            else
                                delete message.key;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.ballot = $root.shoal.peer.Ballot.decode(reader, reader.size(), $undefined, _depth + 1, message.ballot);
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.version = value;
                            else
                                delete message.version;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.value = value;
                            else
                                delete message.value;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterRegister;
        })();

        peer.VoterAnswer = (function() {

            /**
             * Properties of a VoterAnswer.
             * @typedef {Object} shoal.peer.VoterAnswer.$Properties
             * @property {number|null} [number] VoterAnswer number
             * @property {string|null} [voter] VoterAnswer voter
             * @property {shoal.peer.Ballot.$Properties|null} [refused] VoterAnswer refused
             * @property {string|null} [problem] VoterAnswer problem
             * @property {Array.<shoal.peer.VoterRegister.$Properties>|null} [registers] VoterAnswer registers
             * @property {boolean|null} [more] VoterAnswer more
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a VoterAnswer.
             * @memberof shoal.peer
             * @interface IVoterAnswer
             * @augments shoal.peer.VoterAnswer.$Properties
             * @deprecated Use shoal.peer.VoterAnswer.$Properties instead.
             */

            /**
             * Shape of a VoterAnswer.
             * @typedef {shoal.peer.VoterAnswer.$Properties} shoal.peer.VoterAnswer.$Shape
             */

            /**
             * Constructs a new VoterAnswer.
             * @memberof shoal.peer
             * @classdesc Represents a VoterAnswer.
             * @constructor
             * @param {shoal.peer.VoterAnswer.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const VoterAnswer = function (properties) {
                this.registers = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * VoterAnswer number.
             * @member {number} number
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * VoterAnswer voter.
             * @member {string} voter
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.voter = "";

            /**
             * VoterAnswer refused.
             * @member {shoal.peer.Ballot.$Properties|null|undefined} refused
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.refused = null;

            /**
             * VoterAnswer problem.
             * @member {string} problem
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.problem = "";

            /**
             * VoterAnswer registers.
             * @member {Array.<shoal.peer.VoterRegister.$Properties>} registers
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.registers = $util.emptyArray;

            /**
             * VoterAnswer more.
             * @member {boolean} more
             * @memberof shoal.peer.VoterAnswer
             * @instance
             */
            VoterAnswer.prototype.more = false;

            /**
             * Encodes the specified VoterAnswer message. Does not implicitly {@link shoal.peer.VoterAnswer.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.VoterAnswer
             * @static
             * @param {shoal.peer.VoterAnswer.$Properties} message VoterAnswer message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            VoterAnswer.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.voter != null && $Object.hasOwnProperty.call(message, "voter") && message.voter !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.voter);
                if (message.refused != null && $Object.hasOwnProperty.call(message, "refused"))
                    $root.shoal.peer.Ballot.encode(message.refused, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.problem != null && $Object.hasOwnProperty.call(message, "problem") && message.problem !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.problem);
                if (message.registers != null && message.registers.length)
                    for (let i = 0; i < message.registers.length; ++i)
                        $root.shoal.peer.VoterRegister.encode(message.registers[i], writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.more != null && $Object.hasOwnProperty.call(message, "more") && message.more !== false)
                    writer.uint32(/* id 6, wireType 0 =*/48).bool(message.more);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a VoterAnswer message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.VoterAnswer
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.VoterAnswer & shoal.peer.VoterAnswer.$Shape} VoterAnswer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            VoterAnswer.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.VoterAnswer();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.voter = value;
                            else
                                delete message.voter;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.refused = $root.shoal.peer.Ballot.decode(reader, reader.size(), $undefined, _depth + 1, message.refused);
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.problem = value;
                            else
                                delete message.problem;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.registers && message.registers.length))
                                message.registers = [];
                            message.registers.push($root.shoal.peer.VoterRegister.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.more = value;
                            else
                                delete message.more;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return VoterAnswer;
        })();

        peer.Member = (function() {

            /**
             * Properties of a Member.
             * @typedef {Object} shoal.peer.Member.$Properties
             * @property {string|null} [id] Member id
             * @property {string|null} [name] Member name
             * @property {string|null} [region] Member region
             * @property {string|null} [incarnation] Member incarnation
             * @property {number|null} [refutation] Member refutation
             * @property {number|null} [status] Member status
             * @property {Array.<string>|null} [addresses] Member addresses
             * @property {string|null} [zone] Member zone
             * @property {Uint8Array|null} [signature] Member signature
             * @property {string|null} [kinds] Member kinds
             * @property {number|null} [weight] Member weight
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Member.
             * @memberof shoal.peer
             * @interface IMember
             * @augments shoal.peer.Member.$Properties
             * @deprecated Use shoal.peer.Member.$Properties instead.
             */

            /**
             * Shape of a Member.
             * @typedef {shoal.peer.Member.$Properties} shoal.peer.Member.$Shape
             */

            /**
             * Constructs a new Member.
             * @memberof shoal.peer
             * @classdesc Represents a Member.
             * @constructor
             * @param {shoal.peer.Member.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Member = function (properties) {
                this.addresses = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Member id.
             * @member {string} id
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.id = "";

            /**
             * Member name.
             * @member {string} name
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.name = "";

            /**
             * Member region.
             * @member {string} region
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.region = "";

            /**
             * Member incarnation.
             * @member {string} incarnation
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.incarnation = "";

            /**
             * Member refutation.
             * @member {number} refutation
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.refutation = 0;

            /**
             * Member status.
             * @member {number} status
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.status = 0;

            /**
             * Member addresses.
             * @member {Array.<string>} addresses
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.addresses = $util.emptyArray;

            /**
             * Member zone.
             * @member {string} zone
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.zone = "";

            /**
             * Member signature.
             * @member {Uint8Array} signature
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.signature = $util.newBuffer([]);

            /**
             * Member kinds.
             * @member {string} kinds
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.kinds = "";

            /**
             * Member weight.
             * @member {number|null|undefined} weight
             * @memberof shoal.peer.Member
             * @instance
             */
            Member.prototype.weight = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            // Virtual OneOf for proto3 optional field
            $Object.defineProperty(Member.prototype, "_weight", {
                get: $util.oneOfGetter($oneOfFields = ["weight"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Member message. Does not implicitly {@link shoal.peer.Member.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Member
             * @static
             * @param {shoal.peer.Member.$Properties} message Member message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Member.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.id != null && $Object.hasOwnProperty.call(message, "id") && message.id !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.id);
                if (message.name != null && $Object.hasOwnProperty.call(message, "name") && message.name !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.name);
                if (message.region != null && $Object.hasOwnProperty.call(message, "region") && message.region !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.region);
                if (message.incarnation != null && $Object.hasOwnProperty.call(message, "incarnation") && message.incarnation !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.incarnation);
                if (message.refutation != null && $Object.hasOwnProperty.call(message, "refutation") && message.refutation !== 0)
                    writer.uint32(/* id 5, wireType 0 =*/40).uint32(message.refutation);
                if (message.status != null && $Object.hasOwnProperty.call(message, "status") && message.status !== 0)
                    writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.status);
                if (message.addresses != null && message.addresses.length)
                    for (let i = 0; i < message.addresses.length; ++i)
                        writer.uint32(/* id 7, wireType 2 =*/58).string(message.addresses[i]);
                if (message.zone != null && $Object.hasOwnProperty.call(message, "zone") && message.zone !== "")
                    writer.uint32(/* id 8, wireType 2 =*/66).string(message.zone);
                if (message.kinds != null && $Object.hasOwnProperty.call(message, "kinds") && message.kinds !== "")
                    writer.uint32(/* id 9, wireType 2 =*/74).string(message.kinds);
                if (message.signature != null && $Object.hasOwnProperty.call(message, "signature") && message.signature.length)
                    writer.uint32(/* id 10, wireType 2 =*/82).bytes(message.signature);
                if (message.weight != null && $Object.hasOwnProperty.call(message, "weight"))
                    writer.uint32(/* id 11, wireType 0 =*/88).uint32(message.weight);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Member message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Member
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Member & shoal.peer.Member.$Shape} Member
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Member.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Member();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.id = value;
                            else
                                delete message.id;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.name = value;
                            else
                                delete message.name;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.region = value;
                            else
                                delete message.region;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.incarnation = value;
                            else
                                delete message.incarnation;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.refutation = value;
                            else
                                delete message.refutation;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.status = value;
                            else
                                delete message.status;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if (!(message.addresses && message.addresses.length))
                                message.addresses = [];
                            message.addresses.push(reader.stringVerify());
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.zone = value;
                            else
                                delete message.zone;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.signature = value;
                            else
                                delete message.signature;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.kinds = value;
                            else
                                delete message.kinds;
                            continue;
                        }
                    case 11: {
                            if (wireType !== 0)
                                break;
                            message.weight = reader.uint32();
                            message._weight = "weight";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Member;
        })();

        peer.Hello = (function() {

            /**
             * Properties of a Hello.
             * @typedef {Object} shoal.peer.Hello.$Properties
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] Hello members
             * @property {boolean|null} [settled] Hello settled
             * @property {Uint8Array|null} [table] Hello table
             * @property {string|null} [twin] Hello twin
             * @property {string|null} [outlived] Hello outlived
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Hello.
             * @memberof shoal.peer
             * @interface IHello
             * @augments shoal.peer.Hello.$Properties
             * @deprecated Use shoal.peer.Hello.$Properties instead.
             */

            /**
             * Shape of a Hello.
             * @typedef {shoal.peer.Hello.$Properties} shoal.peer.Hello.$Shape
             */

            /**
             * Constructs a new Hello.
             * @memberof shoal.peer
             * @classdesc Represents a Hello.
             * @constructor
             * @param {shoal.peer.Hello.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Hello = function (properties) {
                this.members = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Hello members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.Hello
             * @instance
             */
            Hello.prototype.members = $util.emptyArray;

            /**
             * Hello settled.
             * @member {boolean} settled
             * @memberof shoal.peer.Hello
             * @instance
             */
            Hello.prototype.settled = false;

            /**
             * Hello table.
             * @member {Uint8Array} table
             * @memberof shoal.peer.Hello
             * @instance
             */
            Hello.prototype.table = $util.newBuffer([]);

            /**
             * Hello twin.
             * @member {string} twin
             * @memberof shoal.peer.Hello
             * @instance
             */
            Hello.prototype.twin = "";

            /**
             * Hello outlived.
             * @member {string} outlived
             * @memberof shoal.peer.Hello
             * @instance
             */
            Hello.prototype.outlived = "";

            /**
             * Encodes the specified Hello message. Does not implicitly {@link shoal.peer.Hello.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Hello
             * @static
             * @param {shoal.peer.Hello.$Properties} message Hello message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Hello.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.settled != null && $Object.hasOwnProperty.call(message, "settled") && message.settled !== false)
                    writer.uint32(/* id 2, wireType 0 =*/16).bool(message.settled);
                if (message.table != null && $Object.hasOwnProperty.call(message, "table") && message.table.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.table);
                if (message.twin != null && $Object.hasOwnProperty.call(message, "twin") && message.twin !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.twin);
                if (message.outlived != null && $Object.hasOwnProperty.call(message, "outlived") && message.outlived !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.outlived);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Hello
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Hello & shoal.peer.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Hello.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Hello();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.settled = value;
                            else
                                delete message.settled;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.table = value;
                            else
                                delete message.table;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.twin = value;
                            else
                                delete message.twin;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.outlived = value;
                            else
                                delete message.outlived;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Hello;
        })();

        peer.Ping = (function() {

            /**
             * Properties of a Ping.
             * @typedef {Object} shoal.peer.Ping.$Properties
             * @property {number|null} [number] Ping number
             * @property {Array.<shoal.peer.Member.$Properties>|null} [news] Ping news
             * @property {number|null} [wallMs] Ping wallMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Ping.
             * @memberof shoal.peer
             * @interface IPing
             * @augments shoal.peer.Ping.$Properties
             * @deprecated Use shoal.peer.Ping.$Properties instead.
             */

            /**
             * Shape of a Ping.
             * @typedef {shoal.peer.Ping.$Properties} shoal.peer.Ping.$Shape
             */

            /**
             * Constructs a new Ping.
             * @memberof shoal.peer
             * @classdesc Represents a Ping.
             * @constructor
             * @param {shoal.peer.Ping.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Ping = function (properties) {
                this.news = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Ping number.
             * @member {number} number
             * @memberof shoal.peer.Ping
             * @instance
             */
            Ping.prototype.number = 0;

            /**
             * Ping news.
             * @member {Array.<shoal.peer.Member.$Properties>} news
             * @memberof shoal.peer.Ping
             * @instance
             */
            Ping.prototype.news = $util.emptyArray;

            /**
             * Ping wallMs.
             * @member {number} wallMs
             * @memberof shoal.peer.Ping
             * @instance
             */
            Ping.prototype.wallMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified Ping message. Does not implicitly {@link shoal.peer.Ping.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Ping
             * @static
             * @param {shoal.peer.Ping.$Properties} message Ping message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Ping.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.news != null && message.news.length)
                    for (let i = 0; i < message.news.length; ++i)
                        $root.shoal.peer.Member.encode(message.news[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.wallMs != null && $Object.hasOwnProperty.call(message, "wallMs") && (typeof message.wallMs === "object" ? message.wallMs.low || message.wallMs.high : message.wallMs !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.wallMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Ping message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Ping
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Ping & shoal.peer.Ping.$Shape} Ping
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Ping.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Ping();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.news && message.news.length))
                                message.news = [];
                            message.news.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.wallMs = value;
                            else
                                delete message.wallMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Ping;
        })();

        peer.Ack = (function() {

            /**
             * Properties of an Ack.
             * @typedef {Object} shoal.peer.Ack.$Properties
             * @property {number|null} [number] Ack number
             * @property {Array.<shoal.peer.Member.$Properties>|null} [news] Ack news
             * @property {number|null} [wallMs] Ack wallMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Ack.
             * @memberof shoal.peer
             * @interface IAck
             * @augments shoal.peer.Ack.$Properties
             * @deprecated Use shoal.peer.Ack.$Properties instead.
             */

            /**
             * Shape of an Ack.
             * @typedef {shoal.peer.Ack.$Properties} shoal.peer.Ack.$Shape
             */

            /**
             * Constructs a new Ack.
             * @memberof shoal.peer
             * @classdesc Represents an Ack.
             * @constructor
             * @param {shoal.peer.Ack.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Ack = function (properties) {
                this.news = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Ack number.
             * @member {number} number
             * @memberof shoal.peer.Ack
             * @instance
             */
            Ack.prototype.number = 0;

            /**
             * Ack news.
             * @member {Array.<shoal.peer.Member.$Properties>} news
             * @memberof shoal.peer.Ack
             * @instance
             */
            Ack.prototype.news = $util.emptyArray;

            /**
             * Ack wallMs.
             * @member {number} wallMs
             * @memberof shoal.peer.Ack
             * @instance
             */
            Ack.prototype.wallMs = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link shoal.peer.Ack.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Ack
             * @static
             * @param {shoal.peer.Ack.$Properties} message Ack message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Ack.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.news != null && message.news.length)
                    for (let i = 0; i < message.news.length; ++i)
                        $root.shoal.peer.Member.encode(message.news[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.wallMs != null && $Object.hasOwnProperty.call(message, "wallMs") && (typeof message.wallMs === "object" ? message.wallMs.low || message.wallMs.high : message.wallMs !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.wallMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Ack
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Ack & shoal.peer.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Ack.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Ack();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.news && message.news.length))
                                message.news = [];
                            message.news.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.wallMs = value;
                            else
                                delete message.wallMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Ack;
        })();

        peer.Nack = (function() {

            /**
             * Properties of a Nack.
             * @typedef {Object} shoal.peer.Nack.$Properties
             * @property {number|null} [number] Nack number
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Nack.
             * @memberof shoal.peer
             * @interface INack
             * @augments shoal.peer.Nack.$Properties
             * @deprecated Use shoal.peer.Nack.$Properties instead.
             */

            /**
             * Shape of a Nack.
             * @typedef {shoal.peer.Nack.$Properties} shoal.peer.Nack.$Shape
             */

            /**
             * Constructs a new Nack.
             * @memberof shoal.peer
             * @classdesc Represents a Nack.
             * @constructor
             * @param {shoal.peer.Nack.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Nack = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Nack number.
             * @member {number} number
             * @memberof shoal.peer.Nack
             * @instance
             */
            Nack.prototype.number = 0;

            /**
             * Encodes the specified Nack message. Does not implicitly {@link shoal.peer.Nack.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Nack
             * @static
             * @param {shoal.peer.Nack.$Properties} message Nack message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Nack.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Nack message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Nack
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Nack & shoal.peer.Nack.$Shape} Nack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Nack.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Nack();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Nack;
        })();

        peer.PingRequest = (function() {

            /**
             * Properties of a PingRequest.
             * @typedef {Object} shoal.peer.PingRequest.$Properties
             * @property {number|null} [number] PingRequest number
             * @property {string|null} [target] PingRequest target
             * @property {Array.<shoal.peer.Member.$Properties>|null} [news] PingRequest news
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a PingRequest.
             * @memberof shoal.peer
             * @interface IPingRequest
             * @augments shoal.peer.PingRequest.$Properties
             * @deprecated Use shoal.peer.PingRequest.$Properties instead.
             */

            /**
             * Shape of a PingRequest.
             * @typedef {shoal.peer.PingRequest.$Properties} shoal.peer.PingRequest.$Shape
             */

            /**
             * Constructs a new PingRequest.
             * @memberof shoal.peer
             * @classdesc Represents a PingRequest.
             * @constructor
             * @param {shoal.peer.PingRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const PingRequest = function (properties) {
                this.news = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * PingRequest number.
             * @member {number} number
             * @memberof shoal.peer.PingRequest
             * @instance
             */
            PingRequest.prototype.number = 0;

            /**
             * PingRequest target.
             * @member {string} target
             * @memberof shoal.peer.PingRequest
             * @instance
             */
            PingRequest.prototype.target = "";

            /**
             * PingRequest news.
             * @member {Array.<shoal.peer.Member.$Properties>} news
             * @memberof shoal.peer.PingRequest
             * @instance
             */
            PingRequest.prototype.news = $util.emptyArray;

            /**
             * Encodes the specified PingRequest message. Does not implicitly {@link shoal.peer.PingRequest.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.PingRequest
             * @static
             * @param {shoal.peer.PingRequest.$Properties} message PingRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            PingRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.target != null && $Object.hasOwnProperty.call(message, "target") && message.target !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.target);
                if (message.news != null && message.news.length)
                    for (let i = 0; i < message.news.length; ++i)
                        $root.shoal.peer.Member.encode(message.news[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a PingRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.PingRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.PingRequest & shoal.peer.PingRequest.$Shape} PingRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            PingRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.PingRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.target = value;
                            else
                                delete message.target;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.news && message.news.length))
                                message.news = [];
                            message.news.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return PingRequest;
        })();

        peer.Beacon = (function() {

            /**
             * Properties of a Beacon.
             * @typedef {Object} shoal.peer.Beacon.$Properties
             * @property {Uint8Array|null} [root] Beacon root
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Beacon.
             * @memberof shoal.peer
             * @interface IBeacon
             * @augments shoal.peer.Beacon.$Properties
             * @deprecated Use shoal.peer.Beacon.$Properties instead.
             */

            /**
             * Shape of a Beacon.
             * @typedef {shoal.peer.Beacon.$Properties} shoal.peer.Beacon.$Shape
             */

            /**
             * Constructs a new Beacon.
             * @memberof shoal.peer
             * @classdesc Represents a Beacon.
             * @constructor
             * @param {shoal.peer.Beacon.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Beacon = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Beacon root.
             * @member {Uint8Array} root
             * @memberof shoal.peer.Beacon
             * @instance
             */
            Beacon.prototype.root = $util.newBuffer([]);

            /**
             * Encodes the specified Beacon message. Does not implicitly {@link shoal.peer.Beacon.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Beacon
             * @static
             * @param {shoal.peer.Beacon.$Properties} message Beacon message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Beacon.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.root != null && $Object.hasOwnProperty.call(message, "root") && message.root.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.root);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Beacon message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Beacon
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Beacon & shoal.peer.Beacon.$Shape} Beacon
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Beacon.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Beacon();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.root = value;
                            else
                                delete message.root;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Beacon;
        })();

        peer.ShardHashes = (function() {

            /**
             * Properties of a ShardHashes.
             * @typedef {Object} shoal.peer.ShardHashes.$Properties
             * @property {Uint8Array|null} [hashes] ShardHashes hashes
             * @property {Array.<number>|null} [shards] ShardHashes shards
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ShardHashes.
             * @memberof shoal.peer
             * @interface IShardHashes
             * @augments shoal.peer.ShardHashes.$Properties
             * @deprecated Use shoal.peer.ShardHashes.$Properties instead.
             */

            /**
             * Shape of a ShardHashes.
             * @typedef {shoal.peer.ShardHashes.$Properties} shoal.peer.ShardHashes.$Shape
             */

            /**
             * Constructs a new ShardHashes.
             * @memberof shoal.peer
             * @classdesc Represents a ShardHashes.
             * @constructor
             * @param {shoal.peer.ShardHashes.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ShardHashes = function (properties) {
                this.shards = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ShardHashes hashes.
             * @member {Uint8Array} hashes
             * @memberof shoal.peer.ShardHashes
             * @instance
             */
            ShardHashes.prototype.hashes = $util.newBuffer([]);

            /**
             * ShardHashes shards.
             * @member {Array.<number>} shards
             * @memberof shoal.peer.ShardHashes
             * @instance
             */
            ShardHashes.prototype.shards = $util.emptyArray;

            /**
             * Encodes the specified ShardHashes message. Does not implicitly {@link shoal.peer.ShardHashes.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.ShardHashes
             * @static
             * @param {shoal.peer.ShardHashes.$Properties} message ShardHashes message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ShardHashes.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hashes != null && $Object.hasOwnProperty.call(message, "hashes") && message.hashes.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).bytes(message.hashes);
                if (message.shards != null && message.shards.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.shards);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ShardHashes message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.ShardHashes
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.ShardHashes & shoal.peer.ShardHashes.$Shape} ShardHashes
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ShardHashes.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.ShardHashes();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.hashes = value;
                            else
                                delete message.hashes;
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.shards && message.shards.length))
                                    message.shards = [];
                                reader.uint32s(message.shards);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.shards && message.shards.length))
                                message.shards = [];
                            message.shards.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ShardHashes;
        })();

        peer.PushWanted = (function() {

            /**
             * Properties of a PushWanted.
             * @typedef {Object} shoal.peer.PushWanted.$Properties
             * @property {Array.<number>|null} [publications] PushWanted publications
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a PushWanted.
             * @memberof shoal.peer
             * @interface IPushWanted
             * @augments shoal.peer.PushWanted.$Properties
             * @deprecated Use shoal.peer.PushWanted.$Properties instead.
             */

            /**
             * Shape of a PushWanted.
             * @typedef {shoal.peer.PushWanted.$Properties} shoal.peer.PushWanted.$Shape
             */

            /**
             * Constructs a new PushWanted.
             * @memberof shoal.peer
             * @classdesc Represents a PushWanted.
             * @constructor
             * @param {shoal.peer.PushWanted.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const PushWanted = function (properties) {
                this.publications = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * PushWanted publications.
             * @member {Array.<number>} publications
             * @memberof shoal.peer.PushWanted
             * @instance
             */
            PushWanted.prototype.publications = $util.emptyArray;

            /**
             * Encodes the specified PushWanted message. Does not implicitly {@link shoal.peer.PushWanted.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.PushWanted
             * @static
             * @param {shoal.peer.PushWanted.$Properties} message PushWanted message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            PushWanted.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.publications != null && message.publications.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).uint64s(message.publications);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a PushWanted message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.PushWanted
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.PushWanted & shoal.peer.PushWanted.$Shape} PushWanted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            PushWanted.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.PushWanted();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.publications && message.publications.length))
                                    message.publications = [];
                                reader.uint64s(message.publications);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.publications && message.publications.length))
                                message.publications = [];
                            message.publications.push(reader.uint64());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return PushWanted;
        })();

        peer.Stored = (function() {

            /**
             * Properties of a Stored.
             * @typedef {Object} shoal.peer.Stored.$Properties
             * @property {Array.<number>|null} [pushes] Stored pushes
             * @property {string|null} [origin] Stored origin
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Stored.
             * @memberof shoal.peer
             * @interface IStored
             * @augments shoal.peer.Stored.$Properties
             * @deprecated Use shoal.peer.Stored.$Properties instead.
             */

            /**
             * Shape of a Stored.
             * @typedef {shoal.peer.Stored.$Properties} shoal.peer.Stored.$Shape
             */

            /**
             * Constructs a new Stored.
             * @memberof shoal.peer
             * @classdesc Represents a Stored.
             * @constructor
             * @param {shoal.peer.Stored.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Stored = function (properties) {
                this.pushes = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Stored pushes.
             * @member {Array.<number>} pushes
             * @memberof shoal.peer.Stored
             * @instance
             */
            Stored.prototype.pushes = $util.emptyArray;

            /**
             * Stored origin.
             * @member {string} origin
             * @memberof shoal.peer.Stored
             * @instance
             */
            Stored.prototype.origin = "";

            /**
             * Encodes the specified Stored message. Does not implicitly {@link shoal.peer.Stored.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Stored
             * @static
             * @param {shoal.peer.Stored.$Properties} message Stored message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Stored.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.pushes != null && message.pushes.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).uint64s(message.pushes);
                if (message.origin != null && $Object.hasOwnProperty.call(message, "origin") && message.origin !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.origin);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Stored message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Stored
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Stored & shoal.peer.Stored.$Shape} Stored
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Stored.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Stored();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.pushes && message.pushes.length))
                                    message.pushes = [];
                                reader.uint64s(message.pushes);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.pushes && message.pushes.length))
                                message.pushes = [];
                            message.pushes.push(reader.uint64());
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.origin = value;
                            else
                                delete message.origin;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Stored;
        })();

        peer.Flush = (function() {

            /**
             * Properties of a Flush.
             * @typedef {Object} shoal.peer.Flush.$Properties
             * @property {number|null} [number] Flush number
             * @property {Uint8Array|null} [hashes] Flush hashes
             * @property {Array.<number>|null} [shards] Flush shards
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Flush.
             * @memberof shoal.peer
             * @interface IFlush
             * @augments shoal.peer.Flush.$Properties
             * @deprecated Use shoal.peer.Flush.$Properties instead.
             */

            /**
             * Shape of a Flush.
             * @typedef {shoal.peer.Flush.$Properties} shoal.peer.Flush.$Shape
             */

            /**
             * Constructs a new Flush.
             * @memberof shoal.peer
             * @classdesc Represents a Flush.
             * @constructor
             * @param {shoal.peer.Flush.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Flush = function (properties) {
                this.shards = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Flush number.
             * @member {number} number
             * @memberof shoal.peer.Flush
             * @instance
             */
            Flush.prototype.number = 0;

            /**
             * Flush hashes.
             * @member {Uint8Array} hashes
             * @memberof shoal.peer.Flush
             * @instance
             */
            Flush.prototype.hashes = $util.newBuffer([]);

            /**
             * Flush shards.
             * @member {Array.<number>} shards
             * @memberof shoal.peer.Flush
             * @instance
             */
            Flush.prototype.shards = $util.emptyArray;

            /**
             * Encodes the specified Flush message. Does not implicitly {@link shoal.peer.Flush.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Flush
             * @static
             * @param {shoal.peer.Flush.$Properties} message Flush message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Flush.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.hashes != null && $Object.hasOwnProperty.call(message, "hashes") && message.hashes.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.hashes);
                if (message.shards != null && message.shards.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.shards);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Flush message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Flush
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Flush & shoal.peer.Flush.$Shape} Flush
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Flush.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Flush();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.hashes = value;
                            else
                                delete message.hashes;
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.shards && message.shards.length))
                                    message.shards = [];
                                reader.uint32s(message.shards);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.shards && message.shards.length))
                                message.shards = [];
                            message.shards.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Flush;
        })();

        peer.Flushed = (function() {

            /**
             * Properties of a Flushed.
             * @typedef {Object} shoal.peer.Flushed.$Properties
             * @property {number|null} [number] Flushed number
             * @property {boolean|null} [leaving] Flushed leaving
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Flushed.
             * @memberof shoal.peer
             * @interface IFlushed
             * @augments shoal.peer.Flushed.$Properties
             * @deprecated Use shoal.peer.Flushed.$Properties instead.
             */

            /**
             * Shape of a Flushed.
             * @typedef {shoal.peer.Flushed.$Properties} shoal.peer.Flushed.$Shape
             */

            /**
             * Constructs a new Flushed.
             * @memberof shoal.peer
             * @classdesc Represents a Flushed.
             * @constructor
             * @param {shoal.peer.Flushed.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Flushed = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Flushed number.
             * @member {number} number
             * @memberof shoal.peer.Flushed
             * @instance
             */
            Flushed.prototype.number = 0;

            /**
             * Flushed leaving.
             * @member {boolean} leaving
             * @memberof shoal.peer.Flushed
             * @instance
             */
            Flushed.prototype.leaving = false;

            /**
             * Encodes the specified Flushed message. Does not implicitly {@link shoal.peer.Flushed.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Flushed
             * @static
             * @param {shoal.peer.Flushed.$Properties} message Flushed message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Flushed.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.number);
                if (message.leaving != null && $Object.hasOwnProperty.call(message, "leaving") && message.leaving !== false)
                    writer.uint32(/* id 2, wireType 0 =*/16).bool(message.leaving);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Flushed message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Flushed
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Flushed & shoal.peer.Flushed.$Shape} Flushed
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Flushed.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Flushed();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.leaving = value;
                            else
                                delete message.leaving;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Flushed;
        })();

        peer.Holdings = (function() {

            /**
             * Properties of a Holdings.
             * @typedef {Object} shoal.peer.Holdings.$Properties
             * @property {Array.<number>|null} [stored] Holdings stored
             * @property {Array.<number>|null} [whole] Holdings whole
             * @property {boolean|null} [everyShard] Holdings everyShard
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Holdings.
             * @memberof shoal.peer
             * @interface IHoldings
             * @augments shoal.peer.Holdings.$Properties
             * @deprecated Use shoal.peer.Holdings.$Properties instead.
             */

            /**
             * Shape of a Holdings.
             * @typedef {shoal.peer.Holdings.$Properties} shoal.peer.Holdings.$Shape
             */

            /**
             * Constructs a new Holdings.
             * @memberof shoal.peer
             * @classdesc Represents a Holdings.
             * @constructor
             * @param {shoal.peer.Holdings.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Holdings = function (properties) {
                this.stored = [];
                this.whole = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Holdings stored.
             * @member {Array.<number>} stored
             * @memberof shoal.peer.Holdings
             * @instance
             */
            Holdings.prototype.stored = $util.emptyArray;

            /**
             * Holdings whole.
             * @member {Array.<number>} whole
             * @memberof shoal.peer.Holdings
             * @instance
             */
            Holdings.prototype.whole = $util.emptyArray;

            /**
             * Holdings everyShard.
             * @member {boolean} everyShard
             * @memberof shoal.peer.Holdings
             * @instance
             */
            Holdings.prototype.everyShard = false;

            /**
             * Encodes the specified Holdings message. Does not implicitly {@link shoal.peer.Holdings.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Holdings
             * @static
             * @param {shoal.peer.Holdings.$Properties} message Holdings message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Holdings.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.stored != null && message.stored.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).uint32s(message.stored);
                if (message.whole != null && message.whole.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.whole);
                if (message.everyShard != null && $Object.hasOwnProperty.call(message, "everyShard") && message.everyShard !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.everyShard);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Holdings message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Holdings
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Holdings & shoal.peer.Holdings.$Shape} Holdings
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Holdings.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Holdings();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.stored && message.stored.length))
                                    message.stored = [];
                                reader.uint32s(message.stored);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.stored && message.stored.length))
                                message.stored = [];
                            message.stored.push(reader.uint32());
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.whole && message.whole.length))
                                    message.whole = [];
                                reader.uint32s(message.whole);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.whole && message.whole.length))
                                message.whole = [];
                            message.whole.push(reader.uint32());
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.everyShard = value;
                            else
                                delete message.everyShard;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Holdings;
        })();

        peer.Push = (function() {

            /**
             * Properties of a Push.
             * @typedef {Object} shoal.peer.Push.$Properties
             * @property {number|null} [number] Push number
             * @property {boolean|null} [wantsStored] Push wantsStored
             * @property {Uint8Array|null} [batch] Push batch
             * @property {number|null} [publication] Push publication
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Push.
             * @memberof shoal.peer
             * @interface IPush
             * @augments shoal.peer.Push.$Properties
             * @deprecated Use shoal.peer.Push.$Properties instead.
             */

            /**
             * Shape of a Push.
             * @typedef {shoal.peer.Push.$Properties} shoal.peer.Push.$Shape
             */

            /**
             * Constructs a new Push.
             * @memberof shoal.peer
             * @classdesc Represents a Push.
             * @constructor
             * @param {shoal.peer.Push.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Push = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Push number.
             * @member {number} number
             * @memberof shoal.peer.Push
             * @instance
             */
            Push.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Push wantsStored.
             * @member {boolean} wantsStored
             * @memberof shoal.peer.Push
             * @instance
             */
            Push.prototype.wantsStored = false;

            /**
             * Push batch.
             * @member {Uint8Array} batch
             * @memberof shoal.peer.Push
             * @instance
             */
            Push.prototype.batch = $util.newBuffer([]);

            /**
             * Push publication.
             * @member {number} publication
             * @memberof shoal.peer.Push
             * @instance
             */
            Push.prototype.publication = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified Push message. Does not implicitly {@link shoal.peer.Push.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Push
             * @static
             * @param {shoal.peer.Push.$Properties} message Push message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Push.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.wantsStored != null && $Object.hasOwnProperty.call(message, "wantsStored") && message.wantsStored !== false)
                    writer.uint32(/* id 2, wireType 0 =*/16).bool(message.wantsStored);
                if (message.batch != null && $Object.hasOwnProperty.call(message, "batch") && message.batch.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.batch);
                if (message.publication != null && $Object.hasOwnProperty.call(message, "publication") && (typeof message.publication === "object" ? message.publication.low || message.publication.high : message.publication !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.publication);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Push message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Push
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Push & shoal.peer.Push.$Shape} Push
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Push.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Push();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.wantsStored = value;
                            else
                                delete message.wantsStored;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.batch = value;
                            else
                                delete message.batch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.publication = value;
                            else
                                delete message.publication;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Push;
        })();

        peer.Bulk = (function() {

            /**
             * Properties of a Bulk.
             * @typedef {Object} shoal.peer.Bulk.$Properties
             * @property {shoal.peer.CatchUp.$Properties|null} [catchUp] Bulk catchUp
             * @property {shoal.peer.Chunk.$Properties|null} [chunk] Bulk chunk
             * @property {shoal.peer.ChunkTaken.$Properties|null} [chunkTaken] Bulk chunkTaken
             * @property {shoal.peer.CatchUpEnd.$Properties|null} [end] Bulk end
             * @property {shoal.peer.RangeQuery.$Properties|null} [rangeQuery] Bulk rangeQuery
             * @property {shoal.peer.RangeAnswer.$Properties|null} [rangeAnswer] Bulk rangeAnswer
             * @property {shoal.peer.PrefixQuery.$Properties|null} [prefixQuery] Bulk prefixQuery
             * @property {shoal.peer.PrefixReply.$Properties|null} [prefixReply] Bulk prefixReply
             * @property {"catchUp"|"chunk"|"chunkTaken"|"end"|"rangeQuery"|"rangeAnswer"|"prefixQuery"|"prefixReply"} [body] Bulk body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Bulk.
             * @memberof shoal.peer
             * @interface IBulk
             * @augments shoal.peer.Bulk.$Properties
             * @deprecated Use shoal.peer.Bulk.$Properties instead.
             */

            /**
             * Narrowed shape of a Bulk.
             * @typedef {{
             *   catchUp?: shoal.peer.CatchUp.$Shape|null;
             *   chunk?: shoal.peer.Chunk.$Shape|null;
             *   chunkTaken?: shoal.peer.ChunkTaken.$Shape|null;
             *   end?: shoal.peer.CatchUpEnd.$Shape|null;
             *   rangeQuery?: shoal.peer.RangeQuery.$Shape|null;
             *   rangeAnswer?: shoal.peer.RangeAnswer.$Shape|null;
             *   prefixQuery?: shoal.peer.PrefixQuery.$Shape|null;
             *   prefixReply?: shoal.peer.PrefixReply.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "catchUp"; catchUp: shoal.peer.CatchUp.$Shape; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "chunk"; catchUp?: null; chunk: shoal.peer.Chunk.$Shape; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "chunkTaken"; catchUp?: null; chunk?: null; chunkTaken: shoal.peer.ChunkTaken.$Shape; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "end"; catchUp?: null; chunk?: null; chunkTaken?: null; end: shoal.peer.CatchUpEnd.$Shape; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "rangeQuery"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery: shoal.peer.RangeQuery.$Shape; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "rangeAnswer"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer: shoal.peer.RangeAnswer.$Shape; prefixQuery?: null; prefixReply?: null }|{ body?: "prefixQuery"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery: shoal.peer.PrefixQuery.$Shape; prefixReply?: null }|{ body?: "prefixReply"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply: shoal.peer.PrefixReply.$Shape })
             * )} shoal.peer.Bulk.$Shape
             */

            /**
             * Constructs a new Bulk.
             * @memberof shoal.peer
             * @classdesc Represents a Bulk.
             * @constructor
             * @param {shoal.peer.Bulk.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Bulk = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Bulk catchUp.
             * @member {shoal.peer.CatchUp.$Properties|null|undefined} catchUp
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.catchUp = null;

            /**
             * Bulk chunk.
             * @member {shoal.peer.Chunk.$Properties|null|undefined} chunk
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.chunk = null;

            /**
             * Bulk chunkTaken.
             * @member {shoal.peer.ChunkTaken.$Properties|null|undefined} chunkTaken
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.chunkTaken = null;

            /**
             * Bulk end.
             * @member {shoal.peer.CatchUpEnd.$Properties|null|undefined} end
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.end = null;

            /**
             * Bulk rangeQuery.
             * @member {shoal.peer.RangeQuery.$Properties|null|undefined} rangeQuery
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.rangeQuery = null;

            /**
             * Bulk rangeAnswer.
             * @member {shoal.peer.RangeAnswer.$Properties|null|undefined} rangeAnswer
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.rangeAnswer = null;

            /**
             * Bulk prefixQuery.
             * @member {shoal.peer.PrefixQuery.$Properties|null|undefined} prefixQuery
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.prefixQuery = null;

            /**
             * Bulk prefixReply.
             * @member {shoal.peer.PrefixReply.$Properties|null|undefined} prefixReply
             * @memberof shoal.peer.Bulk
             * @instance
             */
            Bulk.prototype.prefixReply = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Bulk body.
             * @member {"catchUp"|"chunk"|"chunkTaken"|"end"|"rangeQuery"|"rangeAnswer"|"prefixQuery"|"prefixReply"|undefined} body
             * @memberof shoal.peer.Bulk
             * @instance
             */
            $Object.defineProperty(Bulk.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["catchUp", "chunk", "chunkTaken", "end", "rangeQuery", "rangeAnswer", "prefixQuery", "prefixReply"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Bulk message. Does not implicitly {@link shoal.peer.Bulk.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Bulk
             * @static
             * @param {shoal.peer.Bulk.$Properties} message Bulk message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Bulk.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.catchUp != null && $Object.hasOwnProperty.call(message, "catchUp"))
                    $root.shoal.peer.CatchUp.encode(message.catchUp, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.chunk != null && $Object.hasOwnProperty.call(message, "chunk"))
                    $root.shoal.peer.Chunk.encode(message.chunk, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.chunkTaken != null && $Object.hasOwnProperty.call(message, "chunkTaken"))
                    $root.shoal.peer.ChunkTaken.encode(message.chunkTaken, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.end != null && $Object.hasOwnProperty.call(message, "end"))
                    $root.shoal.peer.CatchUpEnd.encode(message.end, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.rangeQuery != null && $Object.hasOwnProperty.call(message, "rangeQuery"))
                    $root.shoal.peer.RangeQuery.encode(message.rangeQuery, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.rangeAnswer != null && $Object.hasOwnProperty.call(message, "rangeAnswer"))
                    $root.shoal.peer.RangeAnswer.encode(message.rangeAnswer, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.prefixQuery != null && $Object.hasOwnProperty.call(message, "prefixQuery"))
                    $root.shoal.peer.PrefixQuery.encode(message.prefixQuery, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.prefixReply != null && $Object.hasOwnProperty.call(message, "prefixReply"))
                    $root.shoal.peer.PrefixReply.encode(message.prefixReply, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Bulk message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Bulk
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Bulk & shoal.peer.Bulk.$Shape} Bulk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Bulk.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Bulk();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.catchUp = $root.shoal.peer.CatchUp.decode(reader, reader.size(), $undefined, _depth + 1, message.catchUp);
                            message.body = "catchUp";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.chunk = $root.shoal.peer.Chunk.decode(reader, reader.size(), $undefined, _depth + 1, message.chunk);
                            message.body = "chunk";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.chunkTaken = $root.shoal.peer.ChunkTaken.decode(reader, reader.size(), $undefined, _depth + 1, message.chunkTaken);
                            message.body = "chunkTaken";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.end = $root.shoal.peer.CatchUpEnd.decode(reader, reader.size(), $undefined, _depth + 1, message.end);
                            message.body = "end";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.rangeQuery = $root.shoal.peer.RangeQuery.decode(reader, reader.size(), $undefined, _depth + 1, message.rangeQuery);
                            message.body = "rangeQuery";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.rangeAnswer = $root.shoal.peer.RangeAnswer.decode(reader, reader.size(), $undefined, _depth + 1, message.rangeAnswer);
                            message.body = "rangeAnswer";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.prefixQuery = $root.shoal.peer.PrefixQuery.decode(reader, reader.size(), $undefined, _depth + 1, message.prefixQuery);
                            message.body = "prefixQuery";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.prefixReply = $root.shoal.peer.PrefixReply.decode(reader, reader.size(), $undefined, _depth + 1, message.prefixReply);
                            message.body = "prefixReply";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Bulk;
        })();

        peer.CatchUp = (function() {

            /**
             * Properties of a CatchUp.
             * @typedef {Object} shoal.peer.CatchUp.$Properties
             * @property {number|null} [session] CatchUp session
             * @property {Array.<shoal.peer.ShardState.$Properties>|null} [shards] CatchUp shards
             * @property {boolean|null} [claim] CatchUp claim
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] CatchUp members
             * @property {Uint8Array|null} [contexts] CatchUp contexts
             * @property {Uint8Array|null} [table] CatchUp table
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a CatchUp.
             * @memberof shoal.peer
             * @interface ICatchUp
             * @augments shoal.peer.CatchUp.$Properties
             * @deprecated Use shoal.peer.CatchUp.$Properties instead.
             */

            /**
             * Shape of a CatchUp.
             * @typedef {shoal.peer.CatchUp.$Properties} shoal.peer.CatchUp.$Shape
             */

            /**
             * Constructs a new CatchUp.
             * @memberof shoal.peer
             * @classdesc Represents a CatchUp.
             * @constructor
             * @param {shoal.peer.CatchUp.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const CatchUp = function (properties) {
                this.shards = [];
                this.members = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * CatchUp session.
             * @member {number} session
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * CatchUp shards.
             * @member {Array.<shoal.peer.ShardState.$Properties>} shards
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.shards = $util.emptyArray;

            /**
             * CatchUp claim.
             * @member {boolean} claim
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.claim = false;

            /**
             * CatchUp members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.members = $util.emptyArray;

            /**
             * CatchUp contexts.
             * @member {Uint8Array} contexts
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.contexts = $util.newBuffer([]);

            /**
             * CatchUp table.
             * @member {Uint8Array} table
             * @memberof shoal.peer.CatchUp
             * @instance
             */
            CatchUp.prototype.table = $util.newBuffer([]);

            /**
             * Encodes the specified CatchUp message. Does not implicitly {@link shoal.peer.CatchUp.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.CatchUp
             * @static
             * @param {shoal.peer.CatchUp.$Properties} message CatchUp message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            CatchUp.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.shards != null && message.shards.length)
                    for (let i = 0; i < message.shards.length; ++i)
                        $root.shoal.peer.ShardState.encode(message.shards[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.claim != null && $Object.hasOwnProperty.call(message, "claim") && message.claim !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.claim);
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.contexts != null && $Object.hasOwnProperty.call(message, "contexts") && message.contexts.length)
                    writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.contexts);
                if (message.table != null && $Object.hasOwnProperty.call(message, "table") && message.table.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.table);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a CatchUp message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.CatchUp
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.CatchUp & shoal.peer.CatchUp.$Shape} CatchUp
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            CatchUp.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.CatchUp();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.shards && message.shards.length))
                                message.shards = [];
                            message.shards.push($root.shoal.peer.ShardState.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.claim = value;
                            else
                                delete message.claim;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.contexts = value;
                            else
                                delete message.contexts;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.table = value;
                            else
                                delete message.table;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return CatchUp;
        })();

        peer.ShardState = (function() {

            /**
             * Properties of a ShardState.
             * @typedef {Object} shoal.peer.ShardState.$Properties
             * @property {number|null} [shard] ShardState shard
             * @property {boolean|null} [everything] ShardState everything
             * @property {Uint8Array|null} [hash] ShardState hash
             * @property {Array.<string>|null} [actors] ShardState actors
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ShardState.
             * @memberof shoal.peer
             * @interface IShardState
             * @augments shoal.peer.ShardState.$Properties
             * @deprecated Use shoal.peer.ShardState.$Properties instead.
             */

            /**
             * Shape of a ShardState.
             * @typedef {shoal.peer.ShardState.$Properties} shoal.peer.ShardState.$Shape
             */

            /**
             * Constructs a new ShardState.
             * @memberof shoal.peer
             * @classdesc Represents a ShardState.
             * @constructor
             * @param {shoal.peer.ShardState.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ShardState = function (properties) {
                this.actors = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ShardState shard.
             * @member {number} shard
             * @memberof shoal.peer.ShardState
             * @instance
             */
            ShardState.prototype.shard = 0;

            /**
             * ShardState everything.
             * @member {boolean} everything
             * @memberof shoal.peer.ShardState
             * @instance
             */
            ShardState.prototype.everything = false;

            /**
             * ShardState hash.
             * @member {Uint8Array} hash
             * @memberof shoal.peer.ShardState
             * @instance
             */
            ShardState.prototype.hash = $util.newBuffer([]);

            /**
             * ShardState actors.
             * @member {Array.<string>} actors
             * @memberof shoal.peer.ShardState
             * @instance
             */
            ShardState.prototype.actors = $util.emptyArray;

            /**
             * Encodes the specified ShardState message. Does not implicitly {@link shoal.peer.ShardState.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.ShardState
             * @static
             * @param {shoal.peer.ShardState.$Properties} message ShardState message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ShardState.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.shard != null && $Object.hasOwnProperty.call(message, "shard") && message.shard !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.shard);
                if (message.everything != null && $Object.hasOwnProperty.call(message, "everything") && message.everything !== false)
                    writer.uint32(/* id 2, wireType 0 =*/16).bool(message.everything);
                if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.hash);
                if (message.actors != null && message.actors.length)
                    for (let i = 0; i < message.actors.length; ++i)
                        writer.uint32(/* id 4, wireType 2 =*/34).string(message.actors[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ShardState message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.ShardState
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.ShardState & shoal.peer.ShardState.$Shape} ShardState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ShardState.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.ShardState();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shard = value;
                            else
                                delete message.shard;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.everything = value;
                            else
                                delete message.everything;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.hash = value;
                            else
                                delete message.hash;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (!(message.actors && message.actors.length))
                                message.actors = [];
                            message.actors.push(reader.stringVerify());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ShardState;
        })();

        peer.Chunk = (function() {

            /**
             * Properties of a Chunk.
             * @typedef {Object} shoal.peer.Chunk.$Properties
             * @property {number|null} [session] Chunk session
             * @property {number|null} [number] Chunk number
             * @property {Uint8Array|null} [body] Chunk body
             * @property {boolean|null} [more] Chunk more
             * @property {boolean|null} [last] Chunk last
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] Chunk members
             * @property {Array.<number>|null} [refused] Chunk refused
             * @property {Array.<number>|null} [compare] Chunk compare
             * @property {Array.<number>|null} [inFull] Chunk inFull
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Chunk.
             * @memberof shoal.peer
             * @interface IChunk
             * @augments shoal.peer.Chunk.$Properties
             * @deprecated Use shoal.peer.Chunk.$Properties instead.
             */

            /**
             * Shape of a Chunk.
             * @typedef {shoal.peer.Chunk.$Properties} shoal.peer.Chunk.$Shape
             */

            /**
             * Constructs a new Chunk.
             * @memberof shoal.peer
             * @classdesc Represents a Chunk.
             * @constructor
             * @param {shoal.peer.Chunk.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Chunk = function (properties) {
                this.members = [];
                this.refused = [];
                this.compare = [];
                this.inFull = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Chunk session.
             * @member {number} session
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Chunk number.
             * @member {number} number
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.number = 0;

            /**
             * Chunk body.
             * @member {Uint8Array} body
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.body = $util.newBuffer([]);

            /**
             * Chunk more.
             * @member {boolean} more
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.more = false;

            /**
             * Chunk last.
             * @member {boolean} last
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.last = false;

            /**
             * Chunk members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.members = $util.emptyArray;

            /**
             * Chunk refused.
             * @member {Array.<number>} refused
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.refused = $util.emptyArray;

            /**
             * Chunk compare.
             * @member {Array.<number>} compare
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.compare = $util.emptyArray;

            /**
             * Chunk inFull.
             * @member {Array.<number>} inFull
             * @memberof shoal.peer.Chunk
             * @instance
             */
            Chunk.prototype.inFull = $util.emptyArray;

            /**
             * Encodes the specified Chunk message. Does not implicitly {@link shoal.peer.Chunk.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Chunk
             * @static
             * @param {shoal.peer.Chunk.$Properties} message Chunk message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Chunk.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.number);
                if (message.body != null && $Object.hasOwnProperty.call(message, "body") && message.body.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.body);
                if (message.more != null && $Object.hasOwnProperty.call(message, "more") && message.more !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.more);
                if (message.last != null && $Object.hasOwnProperty.call(message, "last") && message.last !== false)
                    writer.uint32(/* id 5, wireType 0 =*/40).bool(message.last);
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.refused != null && message.refused.length)
                    writer.uint32(/* id 7, wireType 2 =*/58).uint32s(message.refused);
                if (message.compare != null && message.compare.length)
                    writer.uint32(/* id 8, wireType 2 =*/66).uint32s(message.compare);
                if (message.inFull != null && message.inFull.length)
                    writer.uint32(/* id 9, wireType 2 =*/74).uint32s(message.inFull);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Chunk message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Chunk
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Chunk & shoal.peer.Chunk.$Shape} Chunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Chunk.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Chunk();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.body = value;
                            else
                                delete message.body;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.more = value;
                            else
                                delete message.more;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.last = value;
                            else
                                delete message.last;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 7: {
                            if (wireType === 2) {
                                if (!(message.refused && message.refused.length))
                                    message.refused = [];
                                reader.uint32s(message.refused);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.refused && message.refused.length))
                                message.refused = [];
                            message.refused.push(reader.uint32());
                            continue;
                        }
                    case 8: {
                            if (wireType === 2) {
                                if (!(message.compare && message.compare.length))
                                    message.compare = [];
                                reader.uint32s(message.compare);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.compare && message.compare.length))
                                message.compare = [];
                            message.compare.push(reader.uint32());
                            continue;
                        }
                    case 9: {
                            if (wireType === 2) {
                                if (!(message.inFull && message.inFull.length))
                                    message.inFull = [];
                                reader.uint32s(message.inFull);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.inFull && message.inFull.length))
                                message.inFull = [];
                            message.inFull.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Chunk;
        })();

        peer.ChunkTaken = (function() {

            /**
             * Properties of a ChunkTaken.
             * @typedef {Object} shoal.peer.ChunkTaken.$Properties
             * @property {number|null} [session] ChunkTaken session
             * @property {number|null} [number] ChunkTaken number
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ChunkTaken.
             * @memberof shoal.peer
             * @interface IChunkTaken
             * @augments shoal.peer.ChunkTaken.$Properties
             * @deprecated Use shoal.peer.ChunkTaken.$Properties instead.
             */

            /**
             * Shape of a ChunkTaken.
             * @typedef {shoal.peer.ChunkTaken.$Properties} shoal.peer.ChunkTaken.$Shape
             */

            /**
             * Constructs a new ChunkTaken.
             * @memberof shoal.peer
             * @classdesc Represents a ChunkTaken.
             * @constructor
             * @param {shoal.peer.ChunkTaken.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ChunkTaken = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ChunkTaken session.
             * @member {number} session
             * @memberof shoal.peer.ChunkTaken
             * @instance
             */
            ChunkTaken.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ChunkTaken number.
             * @member {number} number
             * @memberof shoal.peer.ChunkTaken
             * @instance
             */
            ChunkTaken.prototype.number = 0;

            /**
             * Encodes the specified ChunkTaken message. Does not implicitly {@link shoal.peer.ChunkTaken.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.ChunkTaken
             * @static
             * @param {shoal.peer.ChunkTaken.$Properties} message ChunkTaken message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ChunkTaken.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && message.number !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.number);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ChunkTaken message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.ChunkTaken
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.ChunkTaken & shoal.peer.ChunkTaken.$Shape} ChunkTaken
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ChunkTaken.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.ChunkTaken();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ChunkTaken;
        })();

        peer.CatchUpEnd = (function() {

            /**
             * Properties of a CatchUpEnd.
             * @typedef {Object} shoal.peer.CatchUpEnd.$Properties
             * @property {number|null} [session] CatchUpEnd session
             * @property {string|null} [reason] CatchUpEnd reason
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] CatchUpEnd members
             * @property {boolean|null} [givenUp] CatchUpEnd givenUp
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a CatchUpEnd.
             * @memberof shoal.peer
             * @interface ICatchUpEnd
             * @augments shoal.peer.CatchUpEnd.$Properties
             * @deprecated Use shoal.peer.CatchUpEnd.$Properties instead.
             */

            /**
             * Shape of a CatchUpEnd.
             * @typedef {shoal.peer.CatchUpEnd.$Properties} shoal.peer.CatchUpEnd.$Shape
             */

            /**
             * Constructs a new CatchUpEnd.
             * @memberof shoal.peer
             * @classdesc Represents a CatchUpEnd.
             * @constructor
             * @param {shoal.peer.CatchUpEnd.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const CatchUpEnd = function (properties) {
                this.members = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * CatchUpEnd session.
             * @member {number} session
             * @memberof shoal.peer.CatchUpEnd
             * @instance
             */
            CatchUpEnd.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * CatchUpEnd reason.
             * @member {string} reason
             * @memberof shoal.peer.CatchUpEnd
             * @instance
             */
            CatchUpEnd.prototype.reason = "";

            /**
             * CatchUpEnd members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.CatchUpEnd
             * @instance
             */
            CatchUpEnd.prototype.members = $util.emptyArray;

            /**
             * CatchUpEnd givenUp.
             * @member {boolean} givenUp
             * @memberof shoal.peer.CatchUpEnd
             * @instance
             */
            CatchUpEnd.prototype.givenUp = false;

            /**
             * Encodes the specified CatchUpEnd message. Does not implicitly {@link shoal.peer.CatchUpEnd.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.CatchUpEnd
             * @static
             * @param {shoal.peer.CatchUpEnd.$Properties} message CatchUpEnd message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            CatchUpEnd.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.reason != null && $Object.hasOwnProperty.call(message, "reason") && message.reason !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.reason);
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.givenUp != null && $Object.hasOwnProperty.call(message, "givenUp") && message.givenUp !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.givenUp);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a CatchUpEnd message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.CatchUpEnd
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.CatchUpEnd & shoal.peer.CatchUpEnd.$Shape} CatchUpEnd
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            CatchUpEnd.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.CatchUpEnd();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.reason = value;
                            else
                                delete message.reason;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.givenUp = value;
                            else
                                delete message.givenUp;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return CatchUpEnd;
        })();

        peer.RangeQuery = (function() {

            /**
             * Properties of a RangeQuery.
             * @typedef {Object} shoal.peer.RangeQuery.$Properties
             * @property {number|null} [session] RangeQuery session
             * @property {number|null} [shard] RangeQuery shard
             * @property {Array.<shoal.peer.NameRange.$Properties>|null} [ranges] RangeQuery ranges
             * @property {boolean|null} [mutual] RangeQuery mutual
             * @property {number|null} [compare] RangeQuery compare
             * @property {boolean|null} [over] RangeQuery over
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RangeQuery.
             * @memberof shoal.peer
             * @interface IRangeQuery
             * @augments shoal.peer.RangeQuery.$Properties
             * @deprecated Use shoal.peer.RangeQuery.$Properties instead.
             */

            /**
             * Shape of a RangeQuery.
             * @typedef {shoal.peer.RangeQuery.$Properties} shoal.peer.RangeQuery.$Shape
             */

            /**
             * Constructs a new RangeQuery.
             * @memberof shoal.peer
             * @classdesc Represents a RangeQuery.
             * @constructor
             * @param {shoal.peer.RangeQuery.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RangeQuery = function (properties) {
                this.ranges = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RangeQuery session.
             * @member {number} session
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RangeQuery shard.
             * @member {number} shard
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.shard = 0;

            /**
             * RangeQuery ranges.
             * @member {Array.<shoal.peer.NameRange.$Properties>} ranges
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.ranges = $util.emptyArray;

            /**
             * RangeQuery mutual.
             * @member {boolean} mutual
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.mutual = false;

            /**
             * RangeQuery compare.
             * @member {number} compare
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.compare = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RangeQuery over.
             * @member {boolean} over
             * @memberof shoal.peer.RangeQuery
             * @instance
             */
            RangeQuery.prototype.over = false;

            /**
             * Encodes the specified RangeQuery message. Does not implicitly {@link shoal.peer.RangeQuery.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RangeQuery
             * @static
             * @param {shoal.peer.RangeQuery.$Properties} message RangeQuery message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RangeQuery.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.shard != null && $Object.hasOwnProperty.call(message, "shard") && message.shard !== 0)
                    writer.uint32(/* id 2, wireType 0 =*/16).uint32(message.shard);
                if (message.ranges != null && message.ranges.length)
                    for (let i = 0; i < message.ranges.length; ++i)
                        $root.shoal.peer.NameRange.encode(message.ranges[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.mutual != null && $Object.hasOwnProperty.call(message, "mutual") && message.mutual !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.mutual);
                if (message.compare != null && $Object.hasOwnProperty.call(message, "compare") && (typeof message.compare === "object" ? message.compare.low || message.compare.high : message.compare !== 0))
                    writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.compare);
                if (message.over != null && $Object.hasOwnProperty.call(message, "over") && message.over !== false)
                    writer.uint32(/* id 6, wireType 0 =*/48).bool(message.over);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RangeQuery message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RangeQuery
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RangeQuery & shoal.peer.RangeQuery.$Shape} RangeQuery
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RangeQuery.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RangeQuery();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shard = value;
                            else
                                delete message.shard;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.ranges && message.ranges.length))
                                message.ranges = [];
                            message.ranges.push($root.shoal.peer.NameRange.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.mutual = value;
                            else
                                delete message.mutual;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.compare = value;
                            else
                                delete message.compare;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.over = value;
                            else
                                delete message.over;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RangeQuery;
        })();

        peer.NameRange = (function() {

            /**
             * Properties of a NameRange.
             * @typedef {Object} shoal.peer.NameRange.$Properties
             * @property {string|null} [from] NameRange from
             * @property {string|null} [to] NameRange to
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a NameRange.
             * @memberof shoal.peer
             * @interface INameRange
             * @augments shoal.peer.NameRange.$Properties
             * @deprecated Use shoal.peer.NameRange.$Properties instead.
             */

            /**
             * Shape of a NameRange.
             * @typedef {shoal.peer.NameRange.$Properties} shoal.peer.NameRange.$Shape
             */

            /**
             * Constructs a new NameRange.
             * @memberof shoal.peer
             * @classdesc Represents a NameRange.
             * @constructor
             * @param {shoal.peer.NameRange.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const NameRange = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * NameRange from.
             * @member {string} from
             * @memberof shoal.peer.NameRange
             * @instance
             */
            NameRange.prototype.from = "";

            /**
             * NameRange to.
             * @member {string} to
             * @memberof shoal.peer.NameRange
             * @instance
             */
            NameRange.prototype.to = "";

            /**
             * Encodes the specified NameRange message. Does not implicitly {@link shoal.peer.NameRange.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.NameRange
             * @static
             * @param {shoal.peer.NameRange.$Properties} message NameRange message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            NameRange.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.from != null && $Object.hasOwnProperty.call(message, "from") && message.from !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.from);
                if (message.to != null && $Object.hasOwnProperty.call(message, "to") && message.to !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.to);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a NameRange message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.NameRange
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.NameRange & shoal.peer.NameRange.$Shape} NameRange
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            NameRange.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.NameRange();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.from = value;
                            else
                                delete message.from;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.to = value;
                            else
                                delete message.to;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return NameRange;
        })();

        peer.RangeAnswer = (function() {

            /**
             * Properties of a RangeAnswer.
             * @typedef {Object} shoal.peer.RangeAnswer.$Properties
             * @property {number|null} [session] RangeAnswer session
             * @property {Uint8Array|null} [context] RangeAnswer context
             * @property {Uint8Array|null} [floor] RangeAnswer floor
             * @property {Array.<shoal.peer.RangeSums.$Properties>|null} [ranges] RangeAnswer ranges
             * @property {string|null} [refused] RangeAnswer refused
             * @property {boolean|null} [same] RangeAnswer same
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RangeAnswer.
             * @memberof shoal.peer
             * @interface IRangeAnswer
             * @augments shoal.peer.RangeAnswer.$Properties
             * @deprecated Use shoal.peer.RangeAnswer.$Properties instead.
             */

            /**
             * Shape of a RangeAnswer.
             * @typedef {shoal.peer.RangeAnswer.$Properties} shoal.peer.RangeAnswer.$Shape
             */

            /**
             * Constructs a new RangeAnswer.
             * @memberof shoal.peer
             * @classdesc Represents a RangeAnswer.
             * @constructor
             * @param {shoal.peer.RangeAnswer.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RangeAnswer = function (properties) {
                this.ranges = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RangeAnswer session.
             * @member {number} session
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.session = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RangeAnswer context.
             * @member {Uint8Array} context
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.context = $util.newBuffer([]);

            /**
             * RangeAnswer floor.
             * @member {Uint8Array} floor
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.floor = $util.newBuffer([]);

            /**
             * RangeAnswer ranges.
             * @member {Array.<shoal.peer.RangeSums.$Properties>} ranges
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.ranges = $util.emptyArray;

            /**
             * RangeAnswer refused.
             * @member {string} refused
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.refused = "";

            /**
             * RangeAnswer same.
             * @member {boolean} same
             * @memberof shoal.peer.RangeAnswer
             * @instance
             */
            RangeAnswer.prototype.same = false;

            /**
             * Encodes the specified RangeAnswer message. Does not implicitly {@link shoal.peer.RangeAnswer.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RangeAnswer
             * @static
             * @param {shoal.peer.RangeAnswer.$Properties} message RangeAnswer message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RangeAnswer.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && (typeof message.session === "object" ? message.session.low || message.session.high : message.session !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.session);
                if (message.context != null && $Object.hasOwnProperty.call(message, "context") && message.context.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.context);
                if (message.floor != null && $Object.hasOwnProperty.call(message, "floor") && message.floor.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.floor);
                if (message.ranges != null && message.ranges.length)
                    for (let i = 0; i < message.ranges.length; ++i)
                        $root.shoal.peer.RangeSums.encode(message.ranges[i], writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.refused != null && $Object.hasOwnProperty.call(message, "refused") && message.refused !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.refused);
                if (message.same != null && $Object.hasOwnProperty.call(message, "same") && message.same !== false)
                    writer.uint32(/* id 6, wireType 0 =*/48).bool(message.same);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RangeAnswer message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RangeAnswer
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RangeAnswer & shoal.peer.RangeAnswer.$Shape} RangeAnswer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RangeAnswer.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RangeAnswer();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.context = value;
                            else
                                delete message.context;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.floor = value;
                            else
                                delete message.floor;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if (!(message.ranges && message.ranges.length))
                                message.ranges = [];
                            message.ranges.push($root.shoal.peer.RangeSums.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.refused = value;
                            else
                                delete message.refused;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.same = value;
                            else
                                delete message.same;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RangeAnswer;
        })();

        peer.RangeSums = (function() {

            /**
             * Properties of a RangeSums.
             * @typedef {Object} shoal.peer.RangeSums.$Properties
             * @property {Array.<string>|null} [cuts] RangeSums cuts
             * @property {Uint8Array|null} [sums] RangeSums sums
             * @property {Array.<string>|null} [actors] RangeSums actors
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RangeSums.
             * @memberof shoal.peer
             * @interface IRangeSums
             * @augments shoal.peer.RangeSums.$Properties
             * @deprecated Use shoal.peer.RangeSums.$Properties instead.
             */

            /**
             * Shape of a RangeSums.
             * @typedef {shoal.peer.RangeSums.$Properties} shoal.peer.RangeSums.$Shape
             */

            /**
             * Constructs a new RangeSums.
             * @memberof shoal.peer
             * @classdesc Represents a RangeSums.
             * @constructor
             * @param {shoal.peer.RangeSums.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RangeSums = function (properties) {
                this.cuts = [];
                this.actors = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RangeSums cuts.
             * @member {Array.<string>} cuts
             * @memberof shoal.peer.RangeSums
             * @instance
             */
            RangeSums.prototype.cuts = $util.emptyArray;

            /**
             * RangeSums sums.
             * @member {Uint8Array} sums
             * @memberof shoal.peer.RangeSums
             * @instance
             */
            RangeSums.prototype.sums = $util.newBuffer([]);

            /**
             * RangeSums actors.
             * @member {Array.<string>} actors
             * @memberof shoal.peer.RangeSums
             * @instance
             */
            RangeSums.prototype.actors = $util.emptyArray;

            /**
             * Encodes the specified RangeSums message. Does not implicitly {@link shoal.peer.RangeSums.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RangeSums
             * @static
             * @param {shoal.peer.RangeSums.$Properties} message RangeSums message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RangeSums.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.cuts != null && message.cuts.length)
                    for (let i = 0; i < message.cuts.length; ++i)
                        writer.uint32(/* id 1, wireType 2 =*/10).string(message.cuts[i]);
                if (message.sums != null && $Object.hasOwnProperty.call(message, "sums") && message.sums.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.sums);
                if (message.actors != null && message.actors.length)
                    for (let i = 0; i < message.actors.length; ++i)
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.actors[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RangeSums message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RangeSums
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RangeSums & shoal.peer.RangeSums.$Shape} RangeSums
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RangeSums.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RangeSums();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.cuts && message.cuts.length))
                                message.cuts = [];
                            message.cuts.push(reader.stringVerify());
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.sums = value;
                            else
                                delete message.sums;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.actors && message.actors.length))
                                message.actors = [];
                            message.actors.push(reader.stringVerify());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RangeSums;
        })();

        peer.PrefixQuery = (function() {

            /**
             * Properties of a PrefixQuery.
             * @typedef {Object} shoal.peer.PrefixQuery.$Properties
             * @property {number|null} [number] PrefixQuery number
             * @property {Array.<shoal.peer.Prefix.$Properties>|null} [prefixes] PrefixQuery prefixes
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a PrefixQuery.
             * @memberof shoal.peer
             * @interface IPrefixQuery
             * @augments shoal.peer.PrefixQuery.$Properties
             * @deprecated Use shoal.peer.PrefixQuery.$Properties instead.
             */

            /**
             * Shape of a PrefixQuery.
             * @typedef {shoal.peer.PrefixQuery.$Properties} shoal.peer.PrefixQuery.$Shape
             */

            /**
             * Constructs a new PrefixQuery.
             * @memberof shoal.peer
             * @classdesc Represents a PrefixQuery.
             * @constructor
             * @param {shoal.peer.PrefixQuery.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const PrefixQuery = function (properties) {
                this.prefixes = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * PrefixQuery number.
             * @member {number} number
             * @memberof shoal.peer.PrefixQuery
             * @instance
             */
            PrefixQuery.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * PrefixQuery prefixes.
             * @member {Array.<shoal.peer.Prefix.$Properties>} prefixes
             * @memberof shoal.peer.PrefixQuery
             * @instance
             */
            PrefixQuery.prototype.prefixes = $util.emptyArray;

            /**
             * Encodes the specified PrefixQuery message. Does not implicitly {@link shoal.peer.PrefixQuery.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.PrefixQuery
             * @static
             * @param {shoal.peer.PrefixQuery.$Properties} message PrefixQuery message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            PrefixQuery.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.prefixes != null && message.prefixes.length)
                    for (let i = 0; i < message.prefixes.length; ++i)
                        $root.shoal.peer.Prefix.encode(message.prefixes[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a PrefixQuery message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.PrefixQuery
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.PrefixQuery & shoal.peer.PrefixQuery.$Shape} PrefixQuery
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            PrefixQuery.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.PrefixQuery();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.prefixes && message.prefixes.length))
                                message.prefixes = [];
                            message.prefixes.push($root.shoal.peer.Prefix.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return PrefixQuery;
        })();

        peer.Prefix = (function() {

            /**
             * Properties of a Prefix.
             * @typedef {Object} shoal.peer.Prefix.$Properties
             * @property {number|null} [shard] Prefix shard
             * @property {Uint8Array|null} [hash] Prefix hash
             * @property {Uint8Array|null} [context] Prefix context
             * @property {Uint8Array|null} [whole] Prefix whole
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Prefix.
             * @memberof shoal.peer
             * @interface IPrefix
             * @augments shoal.peer.Prefix.$Properties
             * @deprecated Use shoal.peer.Prefix.$Properties instead.
             */

            /**
             * Shape of a Prefix.
             * @typedef {shoal.peer.Prefix.$Properties} shoal.peer.Prefix.$Shape
             */

            /**
             * Constructs a new Prefix.
             * @memberof shoal.peer
             * @classdesc Represents a Prefix.
             * @constructor
             * @param {shoal.peer.Prefix.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Prefix = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Prefix shard.
             * @member {number} shard
             * @memberof shoal.peer.Prefix
             * @instance
             */
            Prefix.prototype.shard = 0;

            /**
             * Prefix hash.
             * @member {Uint8Array} hash
             * @memberof shoal.peer.Prefix
             * @instance
             */
            Prefix.prototype.hash = $util.newBuffer([]);

            /**
             * Prefix context.
             * @member {Uint8Array} context
             * @memberof shoal.peer.Prefix
             * @instance
             */
            Prefix.prototype.context = $util.newBuffer([]);

            /**
             * Prefix whole.
             * @member {Uint8Array} whole
             * @memberof shoal.peer.Prefix
             * @instance
             */
            Prefix.prototype.whole = $util.newBuffer([]);

            /**
             * Encodes the specified Prefix message. Does not implicitly {@link shoal.peer.Prefix.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Prefix
             * @static
             * @param {shoal.peer.Prefix.$Properties} message Prefix message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Prefix.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.shard != null && $Object.hasOwnProperty.call(message, "shard") && message.shard !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.shard);
                if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.hash);
                if (message.context != null && $Object.hasOwnProperty.call(message, "context") && message.context.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.context);
                if (message.whole != null && $Object.hasOwnProperty.call(message, "whole") && message.whole.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.whole);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Prefix message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Prefix
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Prefix & shoal.peer.Prefix.$Shape} Prefix
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Prefix.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Prefix();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shard = value;
                            else
                                delete message.shard;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.hash = value;
                            else
                                delete message.hash;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.context = value;
                            else
                                delete message.context;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.whole = value;
                            else
                                delete message.whole;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Prefix;
        })();

        peer.PrefixReply = (function() {

            /**
             * Properties of a PrefixReply.
             * @typedef {Object} shoal.peer.PrefixReply.$Properties
             * @property {number|null} [number] PrefixReply number
             * @property {Array.<number>|null} [shards] PrefixReply shards
             * @property {Array.<number>|null} [inFull] PrefixReply inFull
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a PrefixReply.
             * @memberof shoal.peer
             * @interface IPrefixReply
             * @augments shoal.peer.PrefixReply.$Properties
             * @deprecated Use shoal.peer.PrefixReply.$Properties instead.
             */

            /**
             * Shape of a PrefixReply.
             * @typedef {shoal.peer.PrefixReply.$Properties} shoal.peer.PrefixReply.$Shape
             */

            /**
             * Constructs a new PrefixReply.
             * @memberof shoal.peer
             * @classdesc Represents a PrefixReply.
             * @constructor
             * @param {shoal.peer.PrefixReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const PrefixReply = function (properties) {
                this.shards = [];
                this.inFull = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * PrefixReply number.
             * @member {number} number
             * @memberof shoal.peer.PrefixReply
             * @instance
             */
            PrefixReply.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * PrefixReply shards.
             * @member {Array.<number>} shards
             * @memberof shoal.peer.PrefixReply
             * @instance
             */
            PrefixReply.prototype.shards = $util.emptyArray;

            /**
             * PrefixReply inFull.
             * @member {Array.<number>} inFull
             * @memberof shoal.peer.PrefixReply
             * @instance
             */
            PrefixReply.prototype.inFull = $util.emptyArray;

            /**
             * Encodes the specified PrefixReply message. Does not implicitly {@link shoal.peer.PrefixReply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.PrefixReply
             * @static
             * @param {shoal.peer.PrefixReply.$Properties} message PrefixReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            PrefixReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.shards != null && message.shards.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint32s(message.shards);
                if (message.inFull != null && message.inFull.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).uint32s(message.inFull);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a PrefixReply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.PrefixReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.PrefixReply & shoal.peer.PrefixReply.$Shape} PrefixReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            PrefixReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.PrefixReply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.shards && message.shards.length))
                                    message.shards = [];
                                reader.uint32s(message.shards);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.shards && message.shards.length))
                                message.shards = [];
                            message.shards.push(reader.uint32());
                            continue;
                        }
                    case 3: {
                            if (wireType === 2) {
                                if (!(message.inFull && message.inFull.length))
                                    message.inFull = [];
                                reader.uint32s(message.inFull);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.inFull && message.inFull.length))
                                message.inFull = [];
                            message.inFull.push(reader.uint32());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return PrefixReply;
        })();

        peer.Calls = (function() {

            /**
             * Properties of a Calls.
             * @typedef {Object} shoal.peer.Calls.$Properties
             * @property {shoal.peer.Call.$Properties|null} [call] Calls call
             * @property {shoal.peer.Reply.$Properties|null} [reply] Calls reply
             * @property {shoal.peer.RightsRequest.$Properties|null} [rightsRequest] Calls rightsRequest
             * @property {shoal.peer.RightsReply.$Properties|null} [rightsReply] Calls rightsReply
             * @property {shoal.peer.RowsRequest.$Properties|null} [rowsRequest] Calls rowsRequest
             * @property {shoal.peer.RowsReply.$Properties|null} [rowsReply] Calls rowsReply
             * @property {shoal.peer.ReadRequest.$Properties|null} [readRequest] Calls readRequest
             * @property {shoal.peer.ReadReply.$Properties|null} [readReply] Calls readReply
             * @property {shoal.peer.Watch.$Properties|null} [watch] Calls watch
             * @property {shoal.peer.WatchState.$Properties|null} [watchState] Calls watchState
             * @property {shoal.peer.WatchTaken.$Properties|null} [watchTaken] Calls watchTaken
             * @property {shoal.peer.WatchEnd.$Properties|null} [watchEnd] Calls watchEnd
             * @property {shoal.peer.KindsRequest.$Properties|null} [kindsRequest] Calls kindsRequest
             * @property {shoal.peer.KindsReply.$Properties|null} [kindsReply] Calls kindsReply
             * @property {shoal.peer.Lease.$Properties|null} [lease] Calls lease
             * @property {"call"|"reply"|"rightsRequest"|"rightsReply"|"rowsRequest"|"rowsReply"|"readRequest"|"readReply"|"watch"|"watchState"|"watchTaken"|"watchEnd"|"kindsRequest"|"kindsReply"|"lease"} [body] Calls body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Calls.
             * @memberof shoal.peer
             * @interface ICalls
             * @augments shoal.peer.Calls.$Properties
             * @deprecated Use shoal.peer.Calls.$Properties instead.
             */

            /**
             * Narrowed shape of a Calls.
             * @typedef {{
             *   call?: shoal.peer.Call.$Shape|null;
             *   reply?: shoal.peer.Reply.$Shape|null;
             *   rightsRequest?: shoal.peer.RightsRequest.$Shape|null;
             *   rightsReply?: shoal.peer.RightsReply.$Shape|null;
             *   rowsRequest?: shoal.peer.RowsRequest.$Shape|null;
             *   rowsReply?: shoal.peer.RowsReply.$Shape|null;
             *   readRequest?: shoal.peer.ReadRequest.$Shape|null;
             *   readReply?: shoal.peer.ReadReply.$Shape|null;
             *   watch?: shoal.peer.Watch.$Shape|null;
             *   watchState?: shoal.peer.WatchState.$Shape|null;
             *   watchTaken?: shoal.peer.WatchTaken.$Shape|null;
             *   watchEnd?: shoal.peer.WatchEnd.$Shape|null;
             *   kindsRequest?: shoal.peer.KindsRequest.$Shape|null;
             *   kindsReply?: shoal.peer.KindsReply.$Shape|null;
             *   lease?: shoal.peer.Lease.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "call"; call: shoal.peer.Call.$Shape; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "reply"; call?: null; reply: shoal.peer.Reply.$Shape; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rightsRequest"; call?: null; reply?: null; rightsRequest: shoal.peer.RightsRequest.$Shape; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rightsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply: shoal.peer.RightsReply.$Shape; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rowsRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest: shoal.peer.RowsRequest.$Shape; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rowsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply: shoal.peer.RowsReply.$Shape; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "readRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest: shoal.peer.ReadRequest.$Shape; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "readReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply: shoal.peer.ReadReply.$Shape; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watch"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch: shoal.peer.Watch.$Shape; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchState"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState: shoal.peer.WatchState.$Shape; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchTaken"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken: shoal.peer.WatchTaken.$Shape; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchEnd"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd: shoal.peer.WatchEnd.$Shape; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "kindsRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest: shoal.peer.KindsRequest.$Shape; kindsReply?: null; lease?: null }|{ body?: "kindsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply: shoal.peer.KindsReply.$Shape; lease?: null }|{ body?: "lease"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease: shoal.peer.Lease.$Shape })
             * )} shoal.peer.Calls.$Shape
             */

            /**
             * Constructs a new Calls.
             * @memberof shoal.peer
             * @classdesc Represents a Calls.
             * @constructor
             * @param {shoal.peer.Calls.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Calls = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Calls call.
             * @member {shoal.peer.Call.$Properties|null|undefined} call
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.call = null;

            /**
             * Calls reply.
             * @member {shoal.peer.Reply.$Properties|null|undefined} reply
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.reply = null;

            /**
             * Calls rightsRequest.
             * @member {shoal.peer.RightsRequest.$Properties|null|undefined} rightsRequest
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.rightsRequest = null;

            /**
             * Calls rightsReply.
             * @member {shoal.peer.RightsReply.$Properties|null|undefined} rightsReply
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.rightsReply = null;

            /**
             * Calls rowsRequest.
             * @member {shoal.peer.RowsRequest.$Properties|null|undefined} rowsRequest
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.rowsRequest = null;

            /**
             * Calls rowsReply.
             * @member {shoal.peer.RowsReply.$Properties|null|undefined} rowsReply
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.rowsReply = null;

            /**
             * Calls readRequest.
             * @member {shoal.peer.ReadRequest.$Properties|null|undefined} readRequest
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.readRequest = null;

            /**
             * Calls readReply.
             * @member {shoal.peer.ReadReply.$Properties|null|undefined} readReply
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.readReply = null;

            /**
             * Calls watch.
             * @member {shoal.peer.Watch.$Properties|null|undefined} watch
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.watch = null;

            /**
             * Calls watchState.
             * @member {shoal.peer.WatchState.$Properties|null|undefined} watchState
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.watchState = null;

            /**
             * Calls watchTaken.
             * @member {shoal.peer.WatchTaken.$Properties|null|undefined} watchTaken
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.watchTaken = null;

            /**
             * Calls watchEnd.
             * @member {shoal.peer.WatchEnd.$Properties|null|undefined} watchEnd
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.watchEnd = null;

            /**
             * Calls kindsRequest.
             * @member {shoal.peer.KindsRequest.$Properties|null|undefined} kindsRequest
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.kindsRequest = null;

            /**
             * Calls kindsReply.
             * @member {shoal.peer.KindsReply.$Properties|null|undefined} kindsReply
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.kindsReply = null;

            /**
             * Calls lease.
             * @member {shoal.peer.Lease.$Properties|null|undefined} lease
             * @memberof shoal.peer.Calls
             * @instance
             */
            Calls.prototype.lease = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Calls body.
             * @member {"call"|"reply"|"rightsRequest"|"rightsReply"|"rowsRequest"|"rowsReply"|"readRequest"|"readReply"|"watch"|"watchState"|"watchTaken"|"watchEnd"|"kindsRequest"|"kindsReply"|"lease"|undefined} body
             * @memberof shoal.peer.Calls
             * @instance
             */
            $Object.defineProperty(Calls.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["call", "reply", "rightsRequest", "rightsReply", "rowsRequest", "rowsReply", "readRequest", "readReply", "watch", "watchState", "watchTaken", "watchEnd", "kindsRequest", "kindsReply", "lease"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Calls message. Does not implicitly {@link shoal.peer.Calls.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Calls
             * @static
             * @param {shoal.peer.Calls.$Properties} message Calls message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Calls.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.call != null && $Object.hasOwnProperty.call(message, "call"))
                    $root.shoal.peer.Call.encode(message.call, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.reply != null && $Object.hasOwnProperty.call(message, "reply"))
                    $root.shoal.peer.Reply.encode(message.reply, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.rightsRequest != null && $Object.hasOwnProperty.call(message, "rightsRequest"))
                    $root.shoal.peer.RightsRequest.encode(message.rightsRequest, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.rightsReply != null && $Object.hasOwnProperty.call(message, "rightsReply"))
                    $root.shoal.peer.RightsReply.encode(message.rightsReply, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.rowsRequest != null && $Object.hasOwnProperty.call(message, "rowsRequest"))
                    $root.shoal.peer.RowsRequest.encode(message.rowsRequest, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.rowsReply != null && $Object.hasOwnProperty.call(message, "rowsReply"))
                    $root.shoal.peer.RowsReply.encode(message.rowsReply, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.readRequest != null && $Object.hasOwnProperty.call(message, "readRequest"))
                    $root.shoal.peer.ReadRequest.encode(message.readRequest, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.readReply != null && $Object.hasOwnProperty.call(message, "readReply"))
                    $root.shoal.peer.ReadReply.encode(message.readReply, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.watch != null && $Object.hasOwnProperty.call(message, "watch"))
                    $root.shoal.peer.Watch.encode(message.watch, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.watchState != null && $Object.hasOwnProperty.call(message, "watchState"))
                    $root.shoal.peer.WatchState.encode(message.watchState, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.watchTaken != null && $Object.hasOwnProperty.call(message, "watchTaken"))
                    $root.shoal.peer.WatchTaken.encode(message.watchTaken, writer.uint32(/* id 11, wireType 2 =*/90).fork(), _depth + 1).ldelim();
                if (message.watchEnd != null && $Object.hasOwnProperty.call(message, "watchEnd"))
                    $root.shoal.peer.WatchEnd.encode(message.watchEnd, writer.uint32(/* id 12, wireType 2 =*/98).fork(), _depth + 1).ldelim();
                if (message.kindsRequest != null && $Object.hasOwnProperty.call(message, "kindsRequest"))
                    $root.shoal.peer.KindsRequest.encode(message.kindsRequest, writer.uint32(/* id 13, wireType 2 =*/106).fork(), _depth + 1).ldelim();
                if (message.kindsReply != null && $Object.hasOwnProperty.call(message, "kindsReply"))
                    $root.shoal.peer.KindsReply.encode(message.kindsReply, writer.uint32(/* id 14, wireType 2 =*/114).fork(), _depth + 1).ldelim();
                if (message.lease != null && $Object.hasOwnProperty.call(message, "lease"))
                    $root.shoal.peer.Lease.encode(message.lease, writer.uint32(/* id 20, wireType 2 =*/162).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Calls message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Calls
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Calls & shoal.peer.Calls.$Shape} Calls
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Calls.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Calls();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.call = $root.shoal.peer.Call.decode(reader, reader.size(), $undefined, _depth + 1, message.call);
                            message.body = "call";
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.reply = $root.shoal.peer.Reply.decode(reader, reader.size(), $undefined, _depth + 1, message.reply);
                            message.body = "reply";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.rightsRequest = $root.shoal.peer.RightsRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.rightsRequest);
                            message.body = "rightsRequest";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.rightsReply = $root.shoal.peer.RightsReply.decode(reader, reader.size(), $undefined, _depth + 1, message.rightsReply);
                            message.body = "rightsReply";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.rowsRequest = $root.shoal.peer.RowsRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.rowsRequest);
                            message.body = "rowsRequest";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.rowsReply = $root.shoal.peer.RowsReply.decode(reader, reader.size(), $undefined, _depth + 1, message.rowsReply);
                            message.body = "rowsReply";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.readRequest = $root.shoal.peer.ReadRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.readRequest);
                            message.body = "readRequest";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.readReply = $root.shoal.peer.ReadReply.decode(reader, reader.size(), $undefined, _depth + 1, message.readReply);
                            message.body = "readReply";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.watch = $root.shoal.peer.Watch.decode(reader, reader.size(), $undefined, _depth + 1, message.watch);
                            message.body = "watch";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.watchState = $root.shoal.peer.WatchState.decode(reader, reader.size(), $undefined, _depth + 1, message.watchState);
                            message.body = "watchState";
                            continue;
                        }
                    case 11: {
                            if (wireType !== 2)
                                break;
                            message.watchTaken = $root.shoal.peer.WatchTaken.decode(reader, reader.size(), $undefined, _depth + 1, message.watchTaken);
                            message.body = "watchTaken";
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            message.watchEnd = $root.shoal.peer.WatchEnd.decode(reader, reader.size(), $undefined, _depth + 1, message.watchEnd);
                            message.body = "watchEnd";
                            continue;
                        }
                    case 13: {
                            if (wireType !== 2)
                                break;
                            message.kindsRequest = $root.shoal.peer.KindsRequest.decode(reader, reader.size(), $undefined, _depth + 1, message.kindsRequest);
                            message.body = "kindsRequest";
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            message.kindsReply = $root.shoal.peer.KindsReply.decode(reader, reader.size(), $undefined, _depth + 1, message.kindsReply);
                            message.body = "kindsReply";
                            continue;
                        }
                    case 20: {
                            if (wireType !== 2)
                                break;
                            message.lease = $root.shoal.peer.Lease.decode(reader, reader.size(), $undefined, _depth + 1, message.lease);
                            message.body = "lease";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Calls;
        })();

        peer.Call = (function() {

            /**
             * Properties of a Call.
             * @typedef {Object} shoal.peer.Call.$Properties
             * @property {number|null} [number] Call number
             * @property {string|null} [actor] Call actor
             * @property {string|null} [method] Call method
             * @property {Uint8Array|null} [argument] Call argument
             * @property {string|null} [session] Call session
             * @property {number|null} [request] Call request
             * @property {number|null} [lowWater] Call lowWater
             * @property {number|null} [deadlineMs] Call deadlineMs
             * @property {boolean|null} [force] Call force
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] Call members
             * @property {number|null} [acknowledge] Call acknowledge
             * @property {Array.<string>|null} [unanswered] Call unanswered
             * @property {number|null} [read] Call read
             * @property {string|null} [relayTo] Call relayTo
             * @property {Uint8Array|null} [view] Call view
             * @property {boolean|null} [leased] Call leased
             * @property {boolean|null} [sent] Call sent
             * @property {number|null} [issued] Call issued
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Call.
             * @memberof shoal.peer
             * @interface ICall
             * @augments shoal.peer.Call.$Properties
             * @deprecated Use shoal.peer.Call.$Properties instead.
             */

            /**
             * Shape of a Call.
             * @typedef {shoal.peer.Call.$Properties} shoal.peer.Call.$Shape
             */

            /**
             * Constructs a new Call.
             * @memberof shoal.peer
             * @classdesc Represents a Call.
             * @constructor
             * @param {shoal.peer.Call.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Call = function (properties) {
                this.members = [];
                this.unanswered = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Call number.
             * @member {number} number
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Call actor.
             * @member {string} actor
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.actor = "";

            /**
             * Call method.
             * @member {string} method
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.method = "";

            /**
             * Call argument.
             * @member {Uint8Array} argument
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.argument = $util.newBuffer([]);

            /**
             * Call session.
             * @member {string} session
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.session = "";

            /**
             * Call request.
             * @member {number} request
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.request = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Call lowWater.
             * @member {number} lowWater
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.lowWater = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Call deadlineMs.
             * @member {number} deadlineMs
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.deadlineMs = 0;

            /**
             * Call force.
             * @member {boolean} force
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.force = false;

            /**
             * Call members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.members = $util.emptyArray;

            /**
             * Call acknowledge.
             * @member {number} acknowledge
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.acknowledge = 0;

            /**
             * Call unanswered.
             * @member {Array.<string>} unanswered
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.unanswered = $util.emptyArray;

            /**
             * Call read.
             * @member {number} read
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.read = 0;

            /**
             * Call relayTo.
             * @member {string} relayTo
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.relayTo = "";

            /**
             * Call view.
             * @member {Uint8Array} view
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.view = $util.newBuffer([]);

            /**
             * Call leased.
             * @member {boolean} leased
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.leased = false;

            /**
             * Call sent.
             * @member {boolean} sent
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.sent = false;

            /**
             * Call issued.
             * @member {number} issued
             * @memberof shoal.peer.Call
             * @instance
             */
            Call.prototype.issued = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified Call message. Does not implicitly {@link shoal.peer.Call.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Call
             * @static
             * @param {shoal.peer.Call.$Properties} message Call message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Call.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.actor);
                if (message.method != null && $Object.hasOwnProperty.call(message, "method") && message.method !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.method);
                if (message.argument != null && $Object.hasOwnProperty.call(message, "argument") && message.argument.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.argument);
                if (message.session != null && $Object.hasOwnProperty.call(message, "session") && message.session !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.session);
                if (message.request != null && $Object.hasOwnProperty.call(message, "request") && (typeof message.request === "object" ? message.request.low || message.request.high : message.request !== 0))
                    writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.request);
                if (message.lowWater != null && $Object.hasOwnProperty.call(message, "lowWater") && (typeof message.lowWater === "object" ? message.lowWater.low || message.lowWater.high : message.lowWater !== 0))
                    writer.uint32(/* id 7, wireType 0 =*/56).uint64(message.lowWater);
                if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs") && message.deadlineMs !== 0)
                    writer.uint32(/* id 8, wireType 0 =*/64).uint32(message.deadlineMs);
                if (message.force != null && $Object.hasOwnProperty.call(message, "force") && message.force !== false)
                    writer.uint32(/* id 9, wireType 0 =*/72).bool(message.force);
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.acknowledge != null && $Object.hasOwnProperty.call(message, "acknowledge") && message.acknowledge !== 0)
                    writer.uint32(/* id 11, wireType 0 =*/88).uint32(message.acknowledge);
                if (message.unanswered != null && message.unanswered.length)
                    for (let i = 0; i < message.unanswered.length; ++i)
                        writer.uint32(/* id 12, wireType 2 =*/98).string(message.unanswered[i]);
                if (message.read != null && $Object.hasOwnProperty.call(message, "read") && message.read !== 0)
                    writer.uint32(/* id 13, wireType 0 =*/104).uint32(message.read);
                if (message.relayTo != null && $Object.hasOwnProperty.call(message, "relayTo") && message.relayTo !== "")
                    writer.uint32(/* id 14, wireType 2 =*/114).string(message.relayTo);
                if (message.view != null && $Object.hasOwnProperty.call(message, "view") && message.view.length)
                    writer.uint32(/* id 15, wireType 2 =*/122).bytes(message.view);
                if (message.issued != null && $Object.hasOwnProperty.call(message, "issued") && (typeof message.issued === "object" ? message.issued.low || message.issued.high : message.issued !== 0))
                    writer.uint32(/* id 16, wireType 0 =*/128).uint64(message.issued);
                if (message.leased != null && $Object.hasOwnProperty.call(message, "leased") && message.leased !== false)
                    writer.uint32(/* id 17, wireType 0 =*/136).bool(message.leased);
                if (message.sent != null && $Object.hasOwnProperty.call(message, "sent") && message.sent !== false)
                    writer.uint32(/* id 18, wireType 0 =*/144).bool(message.sent);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Call message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Call
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Call & shoal.peer.Call.$Shape} Call
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Call.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Call();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.method = value;
                            else
                                delete message.method;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.argument = value;
                            else
                                delete message.argument;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.session = value;
                            else
                                delete message.session;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.request = value;
                            else
                                delete message.request;
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.lowWater = value;
                            else
                                delete message.lowWater;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.deadlineMs = value;
                            else
                                delete message.deadlineMs;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.force = value;
                            else
                                delete message.force;
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 11: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.acknowledge = value;
                            else
                                delete message.acknowledge;
                            continue;
                        }
                    case 12: {
                            if (wireType !== 2)
                                break;
                            if (!(message.unanswered && message.unanswered.length))
                                message.unanswered = [];
                            message.unanswered.push(reader.stringVerify());
                            continue;
                        }
                    case 13: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.read = value;
                            else
                                delete message.read;
                            continue;
                        }
                    case 14: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.relayTo = value;
                            else
                                delete message.relayTo;
                            continue;
                        }
                    case 15: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.view = value;
                            else
                                delete message.view;
                            continue;
                        }
                    case 17: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.leased = value;
                            else
                                delete message.leased;
                            continue;
                        }
                    case 18: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.sent = value;
                            else
                                delete message.sent;
                            continue;
                        }
                    case 16: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.issued = value;
                            else
                                delete message.issued;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Call;
        })();

        peer.Reply = (function() {

            /**
             * Properties of a Reply.
             * @typedef {Object} shoal.peer.Reply.$Properties
             * @property {number|null} [number] Reply number
             * @property {Uint8Array|null} [result] Reply result
             * @property {shoal.peer.Failure.$Properties|null} [failure] Reply failure
             * @property {shoal.peer.Moved.$Properties|null} [moved] Reply moved
             * @property {shoal.peer.Unreached.$Properties|null} [unreached] Reply unreached
             * @property {number|null} [stale] Reply stale
             * @property {"result"|"failure"|"moved"|"unreached"|"stale"} [outcome] Reply outcome
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Reply.
             * @memberof shoal.peer
             * @interface IReply
             * @augments shoal.peer.Reply.$Properties
             * @deprecated Use shoal.peer.Reply.$Properties instead.
             */

            /**
             * Narrowed shape of a Reply.
             * @typedef {{
             *   number?: number|null;
             *   result?: Uint8Array|null;
             *   failure?: shoal.peer.Failure.$Shape|null;
             *   moved?: shoal.peer.Moved.$Shape|null;
             *   unreached?: shoal.peer.Unreached.$Shape|null;
             *   stale?: number|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ outcome?: undefined; result?: null; failure?: null; moved?: null; unreached?: null; stale?: null }|{ outcome?: "result"; result: Uint8Array; failure?: null; moved?: null; unreached?: null; stale?: null }|{ outcome?: "failure"; result?: null; failure: shoal.peer.Failure.$Shape; moved?: null; unreached?: null; stale?: null }|{ outcome?: "moved"; result?: null; failure?: null; moved: shoal.peer.Moved.$Shape; unreached?: null; stale?: null }|{ outcome?: "unreached"; result?: null; failure?: null; moved?: null; unreached: shoal.peer.Unreached.$Shape; stale?: null }|{ outcome?: "stale"; result?: null; failure?: null; moved?: null; unreached?: null; stale: number })
             * )} shoal.peer.Reply.$Shape
             */

            /**
             * Constructs a new Reply.
             * @memberof shoal.peer
             * @classdesc Represents a Reply.
             * @constructor
             * @param {shoal.peer.Reply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Reply = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Reply number.
             * @member {number} number
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Reply result.
             * @member {Uint8Array|null|undefined} result
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.result = null;

            /**
             * Reply failure.
             * @member {shoal.peer.Failure.$Properties|null|undefined} failure
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.failure = null;

            /**
             * Reply moved.
             * @member {shoal.peer.Moved.$Properties|null|undefined} moved
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.moved = null;

            /**
             * Reply unreached.
             * @member {shoal.peer.Unreached.$Properties|null|undefined} unreached
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.unreached = null;

            /**
             * Reply stale.
             * @member {number|null|undefined} stale
             * @memberof shoal.peer.Reply
             * @instance
             */
            Reply.prototype.stale = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Reply outcome.
             * @member {"result"|"failure"|"moved"|"unreached"|"stale"|undefined} outcome
             * @memberof shoal.peer.Reply
             * @instance
             */
            $Object.defineProperty(Reply.prototype, "outcome", {
                get: $util.oneOfGetter($oneOfFields = ["result", "failure", "moved", "unreached", "stale"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Reply message. Does not implicitly {@link shoal.peer.Reply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Reply
             * @static
             * @param {shoal.peer.Reply.$Properties} message Reply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Reply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.result != null && $Object.hasOwnProperty.call(message, "result"))
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.result);
                if (message.failure != null && $Object.hasOwnProperty.call(message, "failure"))
                    $root.shoal.peer.Failure.encode(message.failure, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.moved != null && $Object.hasOwnProperty.call(message, "moved"))
                    $root.shoal.peer.Moved.encode(message.moved, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.unreached != null && $Object.hasOwnProperty.call(message, "unreached"))
                    $root.shoal.peer.Unreached.encode(message.unreached, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.stale != null && $Object.hasOwnProperty.call(message, "stale"))
                    writer.uint32(/* id 6, wireType 0 =*/48).uint64(message.stale);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Reply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Reply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Reply & shoal.peer.Reply.$Shape} Reply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Reply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Reply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.result = reader.bytes();
                            message.outcome = "result";
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.failure = $root.shoal.peer.Failure.decode(reader, reader.size(), $undefined, _depth + 1, message.failure);
                            message.outcome = "failure";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.moved = $root.shoal.peer.Moved.decode(reader, reader.size(), $undefined, _depth + 1, message.moved);
                            message.outcome = "moved";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.unreached = $root.shoal.peer.Unreached.decode(reader, reader.size(), $undefined, _depth + 1, message.unreached);
                            message.outcome = "unreached";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            message.stale = reader.uint64();
                            message.outcome = "stale";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Reply;
        })();

        peer.Unreached = (function() {

            /**
             * Properties of an Unreached.
             * @typedef {Object} shoal.peer.Unreached.$Properties
             * @property {boolean|null} [mayHaveRun] Unreached mayHaveRun
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an Unreached.
             * @memberof shoal.peer
             * @interface IUnreached
             * @augments shoal.peer.Unreached.$Properties
             * @deprecated Use shoal.peer.Unreached.$Properties instead.
             */

            /**
             * Shape of an Unreached.
             * @typedef {shoal.peer.Unreached.$Properties} shoal.peer.Unreached.$Shape
             */

            /**
             * Constructs a new Unreached.
             * @memberof shoal.peer
             * @classdesc Represents an Unreached.
             * @constructor
             * @param {shoal.peer.Unreached.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Unreached = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Unreached mayHaveRun.
             * @member {boolean} mayHaveRun
             * @memberof shoal.peer.Unreached
             * @instance
             */
            Unreached.prototype.mayHaveRun = false;

            /**
             * Encodes the specified Unreached message. Does not implicitly {@link shoal.peer.Unreached.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Unreached
             * @static
             * @param {shoal.peer.Unreached.$Properties} message Unreached message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Unreached.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.mayHaveRun != null && $Object.hasOwnProperty.call(message, "mayHaveRun") && message.mayHaveRun !== false)
                    writer.uint32(/* id 1, wireType 0 =*/8).bool(message.mayHaveRun);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an Unreached message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Unreached
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Unreached & shoal.peer.Unreached.$Shape} Unreached
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Unreached.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Unreached();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.mayHaveRun = value;
                            else
                                delete message.mayHaveRun;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Unreached;
        })();

        peer.Failure = (function() {

            /**
             * Properties of a Failure.
             * @typedef {Object} shoal.peer.Failure.$Properties
             * @property {string|null} [code] Failure code
             * @property {string|null} [message] Failure message
             * @property {boolean|null} [retryable] Failure retryable
             * @property {boolean|null} [refusal] Failure refusal
             * @property {boolean|null} [notRun] Failure notRun
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Failure.
             * @memberof shoal.peer
             * @interface IFailure
             * @augments shoal.peer.Failure.$Properties
             * @deprecated Use shoal.peer.Failure.$Properties instead.
             */

            /**
             * Shape of a Failure.
             * @typedef {shoal.peer.Failure.$Properties} shoal.peer.Failure.$Shape
             */

            /**
             * Constructs a new Failure.
             * @memberof shoal.peer
             * @classdesc Represents a Failure.
             * @constructor
             * @param {shoal.peer.Failure.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Failure = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Failure code.
             * @member {string} code
             * @memberof shoal.peer.Failure
             * @instance
             */
            Failure.prototype.code = "";

            /**
             * Failure message.
             * @member {string} message
             * @memberof shoal.peer.Failure
             * @instance
             */
            Failure.prototype.message = "";

            /**
             * Failure retryable.
             * @member {boolean} retryable
             * @memberof shoal.peer.Failure
             * @instance
             */
            Failure.prototype.retryable = false;

            /**
             * Failure refusal.
             * @member {boolean} refusal
             * @memberof shoal.peer.Failure
             * @instance
             */
            Failure.prototype.refusal = false;

            /**
             * Failure notRun.
             * @member {boolean} notRun
             * @memberof shoal.peer.Failure
             * @instance
             */
            Failure.prototype.notRun = false;

            /**
             * Encodes the specified Failure message. Does not implicitly {@link shoal.peer.Failure.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Failure
             * @static
             * @param {shoal.peer.Failure.$Properties} message Failure message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Failure.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.code != null && $Object.hasOwnProperty.call(message, "code") && message.code !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.code);
                if (message.message != null && $Object.hasOwnProperty.call(message, "message") && message.message !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.message);
                if (message.retryable != null && $Object.hasOwnProperty.call(message, "retryable") && message.retryable !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.retryable);
                if (message.refusal != null && $Object.hasOwnProperty.call(message, "refusal") && message.refusal !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.refusal);
                if (message.notRun != null && $Object.hasOwnProperty.call(message, "notRun") && message.notRun !== false)
                    writer.uint32(/* id 5, wireType 0 =*/40).bool(message.notRun);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Failure message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Failure
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Failure & shoal.peer.Failure.$Shape} Failure
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Failure.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Failure();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.code = value;
                            else
                                delete message.code;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.message = value;
                            else
                                delete message.message;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.retryable = value;
                            else
                                delete message.retryable;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.refusal = value;
                            else
                                delete message.refusal;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.notRun = value;
                            else
                                delete message.notRun;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Failure;
        })();

        peer.Moved = (function() {

            /**
             * Properties of a Moved.
             * @typedef {Object} shoal.peer.Moved.$Properties
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] Moved members
             * @property {Uint8Array|null} [view] Moved view
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Moved.
             * @memberof shoal.peer
             * @interface IMoved
             * @augments shoal.peer.Moved.$Properties
             * @deprecated Use shoal.peer.Moved.$Properties instead.
             */

            /**
             * Shape of a Moved.
             * @typedef {shoal.peer.Moved.$Properties} shoal.peer.Moved.$Shape
             */

            /**
             * Constructs a new Moved.
             * @memberof shoal.peer
             * @classdesc Represents a Moved.
             * @constructor
             * @param {shoal.peer.Moved.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Moved = function (properties) {
                this.members = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Moved members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.Moved
             * @instance
             */
            Moved.prototype.members = $util.emptyArray;

            /**
             * Moved view.
             * @member {Uint8Array} view
             * @memberof shoal.peer.Moved
             * @instance
             */
            Moved.prototype.view = $util.newBuffer([]);

            /**
             * Encodes the specified Moved message. Does not implicitly {@link shoal.peer.Moved.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Moved
             * @static
             * @param {shoal.peer.Moved.$Properties} message Moved message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Moved.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.view != null && $Object.hasOwnProperty.call(message, "view") && message.view.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.view);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Moved message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Moved
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Moved & shoal.peer.Moved.$Shape} Moved
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Moved.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Moved();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.view = value;
                            else
                                delete message.view;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Moved;
        })();

        peer.ReadRequest = (function() {

            /**
             * Properties of a ReadRequest.
             * @typedef {Object} shoal.peer.ReadRequest.$Properties
             * @property {number|null} [number] ReadRequest number
             * @property {string|null} [actor] ReadRequest actor
             * @property {number|null} [shard] ReadRequest shard
             * @property {Uint8Array|null} [digest] ReadRequest digest
             * @property {Uint8Array|null} [context] ReadRequest context
             * @property {Uint8Array|null} [seen] ReadRequest seen
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ReadRequest.
             * @memberof shoal.peer
             * @interface IReadRequest
             * @augments shoal.peer.ReadRequest.$Properties
             * @deprecated Use shoal.peer.ReadRequest.$Properties instead.
             */

            /**
             * Shape of a ReadRequest.
             * @typedef {shoal.peer.ReadRequest.$Properties} shoal.peer.ReadRequest.$Shape
             */

            /**
             * Constructs a new ReadRequest.
             * @memberof shoal.peer
             * @classdesc Represents a ReadRequest.
             * @constructor
             * @param {shoal.peer.ReadRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ReadRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ReadRequest number.
             * @member {number} number
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ReadRequest actor.
             * @member {string} actor
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.actor = "";

            /**
             * ReadRequest shard.
             * @member {number} shard
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.shard = 0;

            /**
             * ReadRequest digest.
             * @member {Uint8Array} digest
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.digest = $util.newBuffer([]);

            /**
             * ReadRequest context.
             * @member {Uint8Array} context
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.context = $util.newBuffer([]);

            /**
             * ReadRequest seen.
             * @member {Uint8Array} seen
             * @memberof shoal.peer.ReadRequest
             * @instance
             */
            ReadRequest.prototype.seen = $util.newBuffer([]);

            /**
             * Encodes the specified ReadRequest message. Does not implicitly {@link shoal.peer.ReadRequest.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.ReadRequest
             * @static
             * @param {shoal.peer.ReadRequest.$Properties} message ReadRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ReadRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.actor);
                if (message.shard != null && $Object.hasOwnProperty.call(message, "shard") && message.shard !== 0)
                    writer.uint32(/* id 3, wireType 0 =*/24).uint32(message.shard);
                if (message.digest != null && $Object.hasOwnProperty.call(message, "digest") && message.digest.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.digest);
                if (message.context != null && $Object.hasOwnProperty.call(message, "context") && message.context.length)
                    writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.context);
                if (message.seen != null && $Object.hasOwnProperty.call(message, "seen") && message.seen.length)
                    writer.uint32(/* id 6, wireType 2 =*/50).bytes(message.seen);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ReadRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.ReadRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.ReadRequest & shoal.peer.ReadRequest.$Shape} ReadRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ReadRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.ReadRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shard = value;
                            else
                                delete message.shard;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.digest = value;
                            else
                                delete message.digest;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.context = value;
                            else
                                delete message.context;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.seen = value;
                            else
                                delete message.seen;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReadRequest;
        })();

        peer.IndexEntry = (function() {

            /**
             * Properties of an IndexEntry.
             * @typedef {Object} shoal.peer.IndexEntry.$Properties
             * @property {string|null} [origin] IndexEntry origin
             * @property {number|null} [seq] IndexEntry seq
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of an IndexEntry.
             * @memberof shoal.peer
             * @interface IIndexEntry
             * @augments shoal.peer.IndexEntry.$Properties
             * @deprecated Use shoal.peer.IndexEntry.$Properties instead.
             */

            /**
             * Shape of an IndexEntry.
             * @typedef {shoal.peer.IndexEntry.$Properties} shoal.peer.IndexEntry.$Shape
             */

            /**
             * Constructs a new IndexEntry.
             * @memberof shoal.peer
             * @classdesc Represents an IndexEntry.
             * @constructor
             * @param {shoal.peer.IndexEntry.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const IndexEntry = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * IndexEntry origin.
             * @member {string} origin
             * @memberof shoal.peer.IndexEntry
             * @instance
             */
            IndexEntry.prototype.origin = "";

            /**
             * IndexEntry seq.
             * @member {number} seq
             * @memberof shoal.peer.IndexEntry
             * @instance
             */
            IndexEntry.prototype.seq = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified IndexEntry message. Does not implicitly {@link shoal.peer.IndexEntry.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.IndexEntry
             * @static
             * @param {shoal.peer.IndexEntry.$Properties} message IndexEntry message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            IndexEntry.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.origin != null && $Object.hasOwnProperty.call(message, "origin") && message.origin !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.origin);
                if (message.seq != null && $Object.hasOwnProperty.call(message, "seq") && (typeof message.seq === "object" ? message.seq.low || message.seq.high : message.seq !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.seq);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes an IndexEntry message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.IndexEntry
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.IndexEntry & shoal.peer.IndexEntry.$Shape} IndexEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            IndexEntry.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.IndexEntry();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.origin = value;
                            else
                                delete message.origin;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.seq = value;
                            else
                                delete message.seq;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return IndexEntry;
        })();

        peer.ReadReply = (function() {

            /**
             * Properties of a ReadReply.
             * @typedef {Object} shoal.peer.ReadReply.$Properties
             * @property {number|null} [number] ReadReply number
             * @property {string|null} [refused] ReadReply refused
             * @property {boolean|null} [same] ReadReply same
             * @property {Uint8Array|null} [fragment] ReadReply fragment
             * @property {Uint8Array|null} [extra] ReadReply extra
             * @property {Array.<shoal.peer.IndexEntry.$Properties>|null} [index] ReadReply index
             * @property {string|null} [actor] ReadReply actor
             * @property {Uint8Array|null} [floor] ReadReply floor
             * @property {Uint8Array|null} [held] ReadReply held
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a ReadReply.
             * @memberof shoal.peer
             * @interface IReadReply
             * @augments shoal.peer.ReadReply.$Properties
             * @deprecated Use shoal.peer.ReadReply.$Properties instead.
             */

            /**
             * Shape of a ReadReply.
             * @typedef {shoal.peer.ReadReply.$Properties} shoal.peer.ReadReply.$Shape
             */

            /**
             * Constructs a new ReadReply.
             * @memberof shoal.peer
             * @classdesc Represents a ReadReply.
             * @constructor
             * @param {shoal.peer.ReadReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const ReadReply = function (properties) {
                this.index = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * ReadReply number.
             * @member {number} number
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * ReadReply refused.
             * @member {string} refused
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.refused = "";

            /**
             * ReadReply same.
             * @member {boolean} same
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.same = false;

            /**
             * ReadReply fragment.
             * @member {Uint8Array} fragment
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.fragment = $util.newBuffer([]);

            /**
             * ReadReply extra.
             * @member {Uint8Array} extra
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.extra = $util.newBuffer([]);

            /**
             * ReadReply index.
             * @member {Array.<shoal.peer.IndexEntry.$Properties>} index
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.index = $util.emptyArray;

            /**
             * ReadReply actor.
             * @member {string} actor
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.actor = "";

            /**
             * ReadReply floor.
             * @member {Uint8Array} floor
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.floor = $util.newBuffer([]);

            /**
             * ReadReply held.
             * @member {Uint8Array} held
             * @memberof shoal.peer.ReadReply
             * @instance
             */
            ReadReply.prototype.held = $util.newBuffer([]);

            /**
             * Encodes the specified ReadReply message. Does not implicitly {@link shoal.peer.ReadReply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.ReadReply
             * @static
             * @param {shoal.peer.ReadReply.$Properties} message ReadReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            ReadReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.refused != null && $Object.hasOwnProperty.call(message, "refused") && message.refused !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.refused);
                if (message.same != null && $Object.hasOwnProperty.call(message, "same") && message.same !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.same);
                if (message.fragment != null && $Object.hasOwnProperty.call(message, "fragment") && message.fragment.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.fragment);
                if (message.extra != null && $Object.hasOwnProperty.call(message, "extra") && message.extra.length)
                    writer.uint32(/* id 5, wireType 2 =*/42).bytes(message.extra);
                if (message.index != null && message.index.length)
                    for (let i = 0; i < message.index.length; ++i)
                        $root.shoal.peer.IndexEntry.encode(message.index[i], writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 7, wireType 2 =*/58).string(message.actor);
                if (message.floor != null && $Object.hasOwnProperty.call(message, "floor") && message.floor.length)
                    writer.uint32(/* id 8, wireType 2 =*/66).bytes(message.floor);
                if (message.held != null && $Object.hasOwnProperty.call(message, "held") && message.held.length)
                    writer.uint32(/* id 9, wireType 2 =*/74).bytes(message.held);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a ReadReply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.ReadReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.ReadReply & shoal.peer.ReadReply.$Shape} ReadReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            ReadReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.ReadReply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.refused = value;
                            else
                                delete message.refused;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.same = value;
                            else
                                delete message.same;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.fragment = value;
                            else
                                delete message.fragment;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.extra = value;
                            else
                                delete message.extra;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if (!(message.index && message.index.length))
                                message.index = [];
                            message.index.push($root.shoal.peer.IndexEntry.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.floor = value;
                            else
                                delete message.floor;
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.held = value;
                            else
                                delete message.held;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return ReadReply;
        })();

        peer.Watch = (function() {

            /**
             * Properties of a Watch.
             * @typedef {Object} shoal.peer.Watch.$Properties
             * @property {number|null} [number] Watch number
             * @property {string|null} [actor] Watch actor
             * @property {Uint8Array|null} [shown] Watch shown
             * @property {boolean|null} [leased] Watch leased
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Watch.
             * @memberof shoal.peer
             * @interface IWatch
             * @augments shoal.peer.Watch.$Properties
             * @deprecated Use shoal.peer.Watch.$Properties instead.
             */

            /**
             * Shape of a Watch.
             * @typedef {shoal.peer.Watch.$Properties} shoal.peer.Watch.$Shape
             */

            /**
             * Constructs a new Watch.
             * @memberof shoal.peer
             * @classdesc Represents a Watch.
             * @constructor
             * @param {shoal.peer.Watch.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Watch = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Watch number.
             * @member {number} number
             * @memberof shoal.peer.Watch
             * @instance
             */
            Watch.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Watch actor.
             * @member {string} actor
             * @memberof shoal.peer.Watch
             * @instance
             */
            Watch.prototype.actor = "";

            /**
             * Watch shown.
             * @member {Uint8Array} shown
             * @memberof shoal.peer.Watch
             * @instance
             */
            Watch.prototype.shown = $util.newBuffer([]);

            /**
             * Watch leased.
             * @member {boolean} leased
             * @memberof shoal.peer.Watch
             * @instance
             */
            Watch.prototype.leased = false;

            /**
             * Encodes the specified Watch message. Does not implicitly {@link shoal.peer.Watch.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Watch
             * @static
             * @param {shoal.peer.Watch.$Properties} message Watch message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Watch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.actor);
                if (message.shown != null && $Object.hasOwnProperty.call(message, "shown") && message.shown.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.shown);
                if (message.leased != null && $Object.hasOwnProperty.call(message, "leased") && message.leased !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.leased);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Watch message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Watch
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Watch & shoal.peer.Watch.$Shape} Watch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Watch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Watch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.shown = value;
                            else
                                delete message.shown;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.leased = value;
                            else
                                delete message.leased;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Watch;
        })();

        peer.WatchState = (function() {

            /**
             * Properties of a WatchState.
             * @typedef {Object} shoal.peer.WatchState.$Properties
             * @property {number|null} [number] WatchState number
             * @property {Uint8Array|null} [state] WatchState state
             * @property {Uint8Array|null} [seen] WatchState seen
             * @property {number|null} [again] WatchState again
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a WatchState.
             * @memberof shoal.peer
             * @interface IWatchState
             * @augments shoal.peer.WatchState.$Properties
             * @deprecated Use shoal.peer.WatchState.$Properties instead.
             */

            /**
             * Shape of a WatchState.
             * @typedef {shoal.peer.WatchState.$Properties} shoal.peer.WatchState.$Shape
             */

            /**
             * Constructs a new WatchState.
             * @memberof shoal.peer
             * @classdesc Represents a WatchState.
             * @constructor
             * @param {shoal.peer.WatchState.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const WatchState = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * WatchState number.
             * @member {number} number
             * @memberof shoal.peer.WatchState
             * @instance
             */
            WatchState.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * WatchState state.
             * @member {Uint8Array} state
             * @memberof shoal.peer.WatchState
             * @instance
             */
            WatchState.prototype.state = $util.newBuffer([]);

            /**
             * WatchState seen.
             * @member {Uint8Array} seen
             * @memberof shoal.peer.WatchState
             * @instance
             */
            WatchState.prototype.seen = $util.newBuffer([]);

            /**
             * WatchState again.
             * @member {number} again
             * @memberof shoal.peer.WatchState
             * @instance
             */
            WatchState.prototype.again = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified WatchState message. Does not implicitly {@link shoal.peer.WatchState.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.WatchState
             * @static
             * @param {shoal.peer.WatchState.$Properties} message WatchState message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            WatchState.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.state);
                if (message.seen != null && $Object.hasOwnProperty.call(message, "seen") && message.seen.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.seen);
                if (message.again != null && $Object.hasOwnProperty.call(message, "again") && (typeof message.again === "object" ? message.again.low || message.again.high : message.again !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.again);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a WatchState message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.WatchState
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.WatchState & shoal.peer.WatchState.$Shape} WatchState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            WatchState.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.WatchState();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.state = value;
                            else
                                delete message.state;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.seen = value;
                            else
                                delete message.seen;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.again = value;
                            else
                                delete message.again;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WatchState;
        })();

        peer.WatchTaken = (function() {

            /**
             * Properties of a WatchTaken.
             * @typedef {Object} shoal.peer.WatchTaken.$Properties
             * @property {number|null} [number] WatchTaken number
             * @property {boolean|null} [isOver] WatchTaken isOver
             * @property {number|null} [again] WatchTaken again
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a WatchTaken.
             * @memberof shoal.peer
             * @interface IWatchTaken
             * @augments shoal.peer.WatchTaken.$Properties
             * @deprecated Use shoal.peer.WatchTaken.$Properties instead.
             */

            /**
             * Shape of a WatchTaken.
             * @typedef {shoal.peer.WatchTaken.$Properties} shoal.peer.WatchTaken.$Shape
             */

            /**
             * Constructs a new WatchTaken.
             * @memberof shoal.peer
             * @classdesc Represents a WatchTaken.
             * @constructor
             * @param {shoal.peer.WatchTaken.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const WatchTaken = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * WatchTaken number.
             * @member {number} number
             * @memberof shoal.peer.WatchTaken
             * @instance
             */
            WatchTaken.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * WatchTaken isOver.
             * @member {boolean} isOver
             * @memberof shoal.peer.WatchTaken
             * @instance
             */
            WatchTaken.prototype.isOver = false;

            /**
             * WatchTaken again.
             * @member {number} again
             * @memberof shoal.peer.WatchTaken
             * @instance
             */
            WatchTaken.prototype.again = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified WatchTaken message. Does not implicitly {@link shoal.peer.WatchTaken.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.WatchTaken
             * @static
             * @param {shoal.peer.WatchTaken.$Properties} message WatchTaken message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            WatchTaken.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.isOver != null && $Object.hasOwnProperty.call(message, "isOver") && message.isOver !== false)
                    writer.uint32(/* id 2, wireType 0 =*/16).bool(message.isOver);
                if (message.again != null && $Object.hasOwnProperty.call(message, "again") && (typeof message.again === "object" ? message.again.low || message.again.high : message.again !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.again);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a WatchTaken message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.WatchTaken
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.WatchTaken & shoal.peer.WatchTaken.$Shape} WatchTaken
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            WatchTaken.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.WatchTaken();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.isOver = value;
                            else
                                delete message.isOver;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.again = value;
                            else
                                delete message.again;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WatchTaken;
        })();

        peer.WatchEnd = (function() {

            /**
             * Properties of a WatchEnd.
             * @typedef {Object} shoal.peer.WatchEnd.$Properties
             * @property {number|null} [number] WatchEnd number
             * @property {shoal.peer.Failure.$Properties|null} [failure] WatchEnd failure
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a WatchEnd.
             * @memberof shoal.peer
             * @interface IWatchEnd
             * @augments shoal.peer.WatchEnd.$Properties
             * @deprecated Use shoal.peer.WatchEnd.$Properties instead.
             */

            /**
             * Shape of a WatchEnd.
             * @typedef {shoal.peer.WatchEnd.$Properties} shoal.peer.WatchEnd.$Shape
             */

            /**
             * Constructs a new WatchEnd.
             * @memberof shoal.peer
             * @classdesc Represents a WatchEnd.
             * @constructor
             * @param {shoal.peer.WatchEnd.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const WatchEnd = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * WatchEnd number.
             * @member {number} number
             * @memberof shoal.peer.WatchEnd
             * @instance
             */
            WatchEnd.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * WatchEnd failure.
             * @member {shoal.peer.Failure.$Properties|null|undefined} failure
             * @memberof shoal.peer.WatchEnd
             * @instance
             */
            WatchEnd.prototype.failure = null;

            /**
             * Encodes the specified WatchEnd message. Does not implicitly {@link shoal.peer.WatchEnd.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.WatchEnd
             * @static
             * @param {shoal.peer.WatchEnd.$Properties} message WatchEnd message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            WatchEnd.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.failure != null && $Object.hasOwnProperty.call(message, "failure"))
                    $root.shoal.peer.Failure.encode(message.failure, writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a WatchEnd message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.WatchEnd
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.WatchEnd & shoal.peer.WatchEnd.$Shape} WatchEnd
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            WatchEnd.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.WatchEnd();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            message.failure = $root.shoal.peer.Failure.decode(reader, reader.size(), $undefined, _depth + 1, message.failure);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return WatchEnd;
        })();

        peer.KindsRequest = (function() {

            /**
             * Properties of a KindsRequest.
             * @typedef {Object} shoal.peer.KindsRequest.$Properties
             * @property {string|null} [hash] KindsRequest hash
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a KindsRequest.
             * @memberof shoal.peer
             * @interface IKindsRequest
             * @augments shoal.peer.KindsRequest.$Properties
             * @deprecated Use shoal.peer.KindsRequest.$Properties instead.
             */

            /**
             * Shape of a KindsRequest.
             * @typedef {shoal.peer.KindsRequest.$Properties} shoal.peer.KindsRequest.$Shape
             */

            /**
             * Constructs a new KindsRequest.
             * @memberof shoal.peer
             * @classdesc Represents a KindsRequest.
             * @constructor
             * @param {shoal.peer.KindsRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const KindsRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * KindsRequest hash.
             * @member {string} hash
             * @memberof shoal.peer.KindsRequest
             * @instance
             */
            KindsRequest.prototype.hash = "";

            /**
             * Encodes the specified KindsRequest message. Does not implicitly {@link shoal.peer.KindsRequest.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.KindsRequest
             * @static
             * @param {shoal.peer.KindsRequest.$Properties} message KindsRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            KindsRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.hash);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a KindsRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.KindsRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.KindsRequest & shoal.peer.KindsRequest.$Shape} KindsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            KindsRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.KindsRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.hash = value;
                            else
                                delete message.hash;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return KindsRequest;
        })();

        peer.KindsReply = (function() {

            /**
             * Properties of a KindsReply.
             * @typedef {Object} shoal.peer.KindsReply.$Properties
             * @property {string|null} [hash] KindsReply hash
             * @property {Uint8Array|null} [text] KindsReply text
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a KindsReply.
             * @memberof shoal.peer
             * @interface IKindsReply
             * @augments shoal.peer.KindsReply.$Properties
             * @deprecated Use shoal.peer.KindsReply.$Properties instead.
             */

            /**
             * Shape of a KindsReply.
             * @typedef {shoal.peer.KindsReply.$Properties} shoal.peer.KindsReply.$Shape
             */

            /**
             * Constructs a new KindsReply.
             * @memberof shoal.peer
             * @classdesc Represents a KindsReply.
             * @constructor
             * @param {shoal.peer.KindsReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const KindsReply = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * KindsReply hash.
             * @member {string} hash
             * @memberof shoal.peer.KindsReply
             * @instance
             */
            KindsReply.prototype.hash = "";

            /**
             * KindsReply text.
             * @member {Uint8Array} text
             * @memberof shoal.peer.KindsReply
             * @instance
             */
            KindsReply.prototype.text = $util.newBuffer([]);

            /**
             * Encodes the specified KindsReply message. Does not implicitly {@link shoal.peer.KindsReply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.KindsReply
             * @static
             * @param {shoal.peer.KindsReply.$Properties} message KindsReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            KindsReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.hash != null && $Object.hasOwnProperty.call(message, "hash") && message.hash !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.hash);
                if (message.text != null && $Object.hasOwnProperty.call(message, "text") && message.text.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.text);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a KindsReply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.KindsReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.KindsReply & shoal.peer.KindsReply.$Shape} KindsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            KindsReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.KindsReply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.hash = value;
                            else
                                delete message.hash;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.text = value;
                            else
                                delete message.text;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return KindsReply;
        })();

        peer.RightsRequest = (function() {

            /**
             * Properties of a RightsRequest.
             * @typedef {Object} shoal.peer.RightsRequest.$Properties
             * @property {number|null} [number] RightsRequest number
             * @property {string|null} [actor] RightsRequest actor
             * @property {string|null} [field] RightsRequest field
             * @property {string|null} [origin] RightsRequest origin
             * @property {number|null} [amount] RightsRequest amount
             * @property {number|null} [deadlineMs] RightsRequest deadlineMs
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RightsRequest.
             * @memberof shoal.peer
             * @interface IRightsRequest
             * @augments shoal.peer.RightsRequest.$Properties
             * @deprecated Use shoal.peer.RightsRequest.$Properties instead.
             */

            /**
             * Shape of a RightsRequest.
             * @typedef {shoal.peer.RightsRequest.$Properties} shoal.peer.RightsRequest.$Shape
             */

            /**
             * Constructs a new RightsRequest.
             * @memberof shoal.peer
             * @classdesc Represents a RightsRequest.
             * @constructor
             * @param {shoal.peer.RightsRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RightsRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RightsRequest number.
             * @member {number} number
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RightsRequest actor.
             * @member {string} actor
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.actor = "";

            /**
             * RightsRequest field.
             * @member {string} field
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.field = "";

            /**
             * RightsRequest origin.
             * @member {string} origin
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.origin = "";

            /**
             * RightsRequest amount.
             * @member {number} amount
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.amount = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RightsRequest deadlineMs.
             * @member {number} deadlineMs
             * @memberof shoal.peer.RightsRequest
             * @instance
             */
            RightsRequest.prototype.deadlineMs = 0;

            /**
             * Encodes the specified RightsRequest message. Does not implicitly {@link shoal.peer.RightsRequest.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RightsRequest
             * @static
             * @param {shoal.peer.RightsRequest.$Properties} message RightsRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RightsRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.actor);
                if (message.field != null && $Object.hasOwnProperty.call(message, "field") && message.field !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.field);
                if (message.origin != null && $Object.hasOwnProperty.call(message, "origin") && message.origin !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.origin);
                if (message.amount != null && $Object.hasOwnProperty.call(message, "amount") && (typeof message.amount === "object" ? message.amount.low || message.amount.high : message.amount !== 0))
                    writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.amount);
                if (message.deadlineMs != null && $Object.hasOwnProperty.call(message, "deadlineMs") && message.deadlineMs !== 0)
                    writer.uint32(/* id 6, wireType 0 =*/48).uint32(message.deadlineMs);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RightsRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RightsRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RightsRequest & shoal.peer.RightsRequest.$Shape} RightsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RightsRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RightsRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.field = value;
                            else
                                delete message.field;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.origin = value;
                            else
                                delete message.origin;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.amount = value;
                            else
                                delete message.amount;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.deadlineMs = value;
                            else
                                delete message.deadlineMs;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RightsRequest;
        })();

        peer.RightsReply = (function() {

            /**
             * Properties of a RightsReply.
             * @typedef {Object} shoal.peer.RightsReply.$Properties
             * @property {number|null} [number] RightsReply number
             * @property {number|null} [granted] RightsReply granted
             * @property {Uint8Array|null} [delta] RightsReply delta
             * @property {Uint8Array|null} [rows] RightsReply rows
             * @property {string|null} [actor] RightsReply actor
             * @property {string|null} [field] RightsReply field
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RightsReply.
             * @memberof shoal.peer
             * @interface IRightsReply
             * @augments shoal.peer.RightsReply.$Properties
             * @deprecated Use shoal.peer.RightsReply.$Properties instead.
             */

            /**
             * Shape of a RightsReply.
             * @typedef {shoal.peer.RightsReply.$Properties} shoal.peer.RightsReply.$Shape
             */

            /**
             * Constructs a new RightsReply.
             * @memberof shoal.peer
             * @classdesc Represents a RightsReply.
             * @constructor
             * @param {shoal.peer.RightsReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RightsReply = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RightsReply number.
             * @member {number} number
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RightsReply granted.
             * @member {number} granted
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.granted = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RightsReply delta.
             * @member {Uint8Array} delta
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.delta = $util.newBuffer([]);

            /**
             * RightsReply rows.
             * @member {Uint8Array} rows
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.rows = $util.newBuffer([]);

            /**
             * RightsReply actor.
             * @member {string} actor
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.actor = "";

            /**
             * RightsReply field.
             * @member {string} field
             * @memberof shoal.peer.RightsReply
             * @instance
             */
            RightsReply.prototype.field = "";

            /**
             * Encodes the specified RightsReply message. Does not implicitly {@link shoal.peer.RightsReply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RightsReply
             * @static
             * @param {shoal.peer.RightsReply.$Properties} message RightsReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RightsReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.granted != null && $Object.hasOwnProperty.call(message, "granted") && (typeof message.granted === "object" ? message.granted.low || message.granted.high : message.granted !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.granted);
                if (message.delta != null && $Object.hasOwnProperty.call(message, "delta") && message.delta.length)
                    writer.uint32(/* id 3, wireType 2 =*/26).bytes(message.delta);
                if (message.rows != null && $Object.hasOwnProperty.call(message, "rows") && message.rows.length)
                    writer.uint32(/* id 4, wireType 2 =*/34).bytes(message.rows);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.actor);
                if (message.field != null && $Object.hasOwnProperty.call(message, "field") && message.field !== "")
                    writer.uint32(/* id 6, wireType 2 =*/50).string(message.field);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RightsReply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RightsReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RightsReply & shoal.peer.RightsReply.$Shape} RightsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RightsReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RightsReply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.granted = value;
                            else
                                delete message.granted;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.delta = value;
                            else
                                delete message.delta;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.rows = value;
                            else
                                delete message.rows;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.field = value;
                            else
                                delete message.field;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RightsReply;
        })();

        peer.RowsRequest = (function() {

            /**
             * Properties of a RowsRequest.
             * @typedef {Object} shoal.peer.RowsRequest.$Properties
             * @property {number|null} [number] RowsRequest number
             * @property {string|null} [actor] RowsRequest actor
             * @property {string|null} [field] RowsRequest field
             * @property {string|null} [origin] RowsRequest origin
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RowsRequest.
             * @memberof shoal.peer
             * @interface IRowsRequest
             * @augments shoal.peer.RowsRequest.$Properties
             * @deprecated Use shoal.peer.RowsRequest.$Properties instead.
             */

            /**
             * Shape of a RowsRequest.
             * @typedef {shoal.peer.RowsRequest.$Properties} shoal.peer.RowsRequest.$Shape
             */

            /**
             * Constructs a new RowsRequest.
             * @memberof shoal.peer
             * @classdesc Represents a RowsRequest.
             * @constructor
             * @param {shoal.peer.RowsRequest.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RowsRequest = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RowsRequest number.
             * @member {number} number
             * @memberof shoal.peer.RowsRequest
             * @instance
             */
            RowsRequest.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RowsRequest actor.
             * @member {string} actor
             * @memberof shoal.peer.RowsRequest
             * @instance
             */
            RowsRequest.prototype.actor = "";

            /**
             * RowsRequest field.
             * @member {string} field
             * @memberof shoal.peer.RowsRequest
             * @instance
             */
            RowsRequest.prototype.field = "";

            /**
             * RowsRequest origin.
             * @member {string} origin
             * @memberof shoal.peer.RowsRequest
             * @instance
             */
            RowsRequest.prototype.origin = "";

            /**
             * Encodes the specified RowsRequest message. Does not implicitly {@link shoal.peer.RowsRequest.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RowsRequest
             * @static
             * @param {shoal.peer.RowsRequest.$Properties} message RowsRequest message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RowsRequest.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 2, wireType 2 =*/18).string(message.actor);
                if (message.field != null && $Object.hasOwnProperty.call(message, "field") && message.field !== "")
                    writer.uint32(/* id 3, wireType 2 =*/26).string(message.field);
                if (message.origin != null && $Object.hasOwnProperty.call(message, "origin") && message.origin !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.origin);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RowsRequest message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RowsRequest
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RowsRequest & shoal.peer.RowsRequest.$Shape} RowsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RowsRequest.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RowsRequest();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.field = value;
                            else
                                delete message.field;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.origin = value;
                            else
                                delete message.origin;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RowsRequest;
        })();

        peer.RowsReply = (function() {

            /**
             * Properties of a RowsReply.
             * @typedef {Object} shoal.peer.RowsReply.$Properties
             * @property {number|null} [number] RowsReply number
             * @property {Uint8Array|null} [rows] RowsReply rows
             * @property {Array.<shoal.peer.Member.$Properties>|null} [members] RowsReply members
             * @property {string|null} [actor] RowsReply actor
             * @property {string|null} [field] RowsReply field
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a RowsReply.
             * @memberof shoal.peer
             * @interface IRowsReply
             * @augments shoal.peer.RowsReply.$Properties
             * @deprecated Use shoal.peer.RowsReply.$Properties instead.
             */

            /**
             * Shape of a RowsReply.
             * @typedef {shoal.peer.RowsReply.$Properties} shoal.peer.RowsReply.$Shape
             */

            /**
             * Constructs a new RowsReply.
             * @memberof shoal.peer
             * @classdesc Represents a RowsReply.
             * @constructor
             * @param {shoal.peer.RowsReply.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const RowsReply = function (properties) {
                this.members = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * RowsReply number.
             * @member {number} number
             * @memberof shoal.peer.RowsReply
             * @instance
             */
            RowsReply.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * RowsReply rows.
             * @member {Uint8Array} rows
             * @memberof shoal.peer.RowsReply
             * @instance
             */
            RowsReply.prototype.rows = $util.newBuffer([]);

            /**
             * RowsReply members.
             * @member {Array.<shoal.peer.Member.$Properties>} members
             * @memberof shoal.peer.RowsReply
             * @instance
             */
            RowsReply.prototype.members = $util.emptyArray;

            /**
             * RowsReply actor.
             * @member {string} actor
             * @memberof shoal.peer.RowsReply
             * @instance
             */
            RowsReply.prototype.actor = "";

            /**
             * RowsReply field.
             * @member {string} field
             * @memberof shoal.peer.RowsReply
             * @instance
             */
            RowsReply.prototype.field = "";

            /**
             * Encodes the specified RowsReply message. Does not implicitly {@link shoal.peer.RowsReply.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.RowsReply
             * @static
             * @param {shoal.peer.RowsReply.$Properties} message RowsReply message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            RowsReply.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.rows != null && $Object.hasOwnProperty.call(message, "rows") && message.rows.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.rows);
                if (message.members != null && message.members.length)
                    for (let i = 0; i < message.members.length; ++i)
                        $root.shoal.peer.Member.encode(message.members[i], writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 4, wireType 2 =*/34).string(message.actor);
                if (message.field != null && $Object.hasOwnProperty.call(message, "field") && message.field !== "")
                    writer.uint32(/* id 5, wireType 2 =*/42).string(message.field);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a RowsReply message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.RowsReply
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.RowsReply & shoal.peer.RowsReply.$Shape} RowsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            RowsReply.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.RowsReply();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.rows = value;
                            else
                                delete message.rows;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.members && message.members.length))
                                message.members = [];
                            message.members.push($root.shoal.peer.Member.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.field = value;
                            else
                                delete message.field;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return RowsReply;
        })();

        peer.Lease = (function() {

            /**
             * Properties of a Lease.
             * @typedef {Object} shoal.peer.Lease.$Properties
             * @property {number|null} [shard] Lease shard
             * @property {number|null} [epoch] Lease epoch
             * @property {shoal.peer.LeaseSeal.$Properties|null} [seal] Lease seal
             * @property {shoal.peer.LeaseSealed.$Properties|null} [sealed] Lease sealed
             * @property {shoal.peer.LeaseEntries.$Properties|null} [entries] Lease entries
             * @property {shoal.peer.LeaseAccepted.$Properties|null} [accepted] Lease accepted
             * @property {shoal.peer.LeaseFetch.$Properties|null} [fetch] Lease fetch
             * @property {shoal.peer.LeasePage.$Properties|null} [page] Lease page
             * @property {shoal.peer.LeaseRefused.$Properties|null} [refused] Lease refused
             * @property {shoal.peer.LeaseReleased.$Properties|null} [released] Lease released
             * @property {"seal"|"sealed"|"entries"|"accepted"|"fetch"|"page"|"refused"|"released"} [body] Lease body
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a Lease.
             * @memberof shoal.peer
             * @interface ILease
             * @augments shoal.peer.Lease.$Properties
             * @deprecated Use shoal.peer.Lease.$Properties instead.
             */

            /**
             * Narrowed shape of a Lease.
             * @typedef {{
             *   shard?: number|null;
             *   epoch?: number|null;
             *   seal?: shoal.peer.LeaseSeal.$Shape|null;
             *   sealed?: shoal.peer.LeaseSealed.$Shape|null;
             *   entries?: shoal.peer.LeaseEntries.$Shape|null;
             *   accepted?: shoal.peer.LeaseAccepted.$Shape|null;
             *   fetch?: shoal.peer.LeaseFetch.$Shape|null;
             *   page?: shoal.peer.LeasePage.$Shape|null;
             *   refused?: shoal.peer.LeaseRefused.$Shape|null;
             *   released?: shoal.peer.LeaseReleased.$Shape|null;
             *   $unknowns?: Array.<Uint8Array>;
             * } & (
             *   ({ body?: undefined; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "seal"; seal: shoal.peer.LeaseSeal.$Shape; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "sealed"; seal?: null; sealed: shoal.peer.LeaseSealed.$Shape; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "entries"; seal?: null; sealed?: null; entries: shoal.peer.LeaseEntries.$Shape; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "accepted"; seal?: null; sealed?: null; entries?: null; accepted: shoal.peer.LeaseAccepted.$Shape; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "fetch"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch: shoal.peer.LeaseFetch.$Shape; page?: null; refused?: null; released?: null }|{ body?: "page"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page: shoal.peer.LeasePage.$Shape; refused?: null; released?: null }|{ body?: "refused"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused: shoal.peer.LeaseRefused.$Shape; released?: null }|{ body?: "released"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released: shoal.peer.LeaseReleased.$Shape })
             * )} shoal.peer.Lease.$Shape
             */

            /**
             * Constructs a new Lease.
             * @memberof shoal.peer
             * @classdesc Represents a Lease.
             * @constructor
             * @param {shoal.peer.Lease.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const Lease = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Lease shard.
             * @member {number} shard
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.shard = 0;

            /**
             * Lease epoch.
             * @member {number} epoch
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Lease seal.
             * @member {shoal.peer.LeaseSeal.$Properties|null|undefined} seal
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.seal = null;

            /**
             * Lease sealed.
             * @member {shoal.peer.LeaseSealed.$Properties|null|undefined} sealed
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.sealed = null;

            /**
             * Lease entries.
             * @member {shoal.peer.LeaseEntries.$Properties|null|undefined} entries
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.entries = null;

            /**
             * Lease accepted.
             * @member {shoal.peer.LeaseAccepted.$Properties|null|undefined} accepted
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.accepted = null;

            /**
             * Lease fetch.
             * @member {shoal.peer.LeaseFetch.$Properties|null|undefined} fetch
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.fetch = null;

            /**
             * Lease page.
             * @member {shoal.peer.LeasePage.$Properties|null|undefined} page
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.page = null;

            /**
             * Lease refused.
             * @member {shoal.peer.LeaseRefused.$Properties|null|undefined} refused
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.refused = null;

            /**
             * Lease released.
             * @member {shoal.peer.LeaseReleased.$Properties|null|undefined} released
             * @memberof shoal.peer.Lease
             * @instance
             */
            Lease.prototype.released = null;

            // OneOf field names bound to virtual getters and setters
            let $oneOfFields;

            /**
             * Lease body.
             * @member {"seal"|"sealed"|"entries"|"accepted"|"fetch"|"page"|"refused"|"released"|undefined} body
             * @memberof shoal.peer.Lease
             * @instance
             */
            $Object.defineProperty(Lease.prototype, "body", {
                get: $util.oneOfGetter($oneOfFields = ["seal", "sealed", "entries", "accepted", "fetch", "page", "refused", "released"]),
                set: $util.oneOfSetter($oneOfFields)
            });

            /**
             * Encodes the specified Lease message. Does not implicitly {@link shoal.peer.Lease.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.Lease
             * @static
             * @param {shoal.peer.Lease.$Properties} message Lease message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            Lease.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.shard != null && $Object.hasOwnProperty.call(message, "shard") && message.shard !== 0)
                    writer.uint32(/* id 1, wireType 0 =*/8).uint32(message.shard);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.epoch);
                if (message.seal != null && $Object.hasOwnProperty.call(message, "seal"))
                    $root.shoal.peer.LeaseSeal.encode(message.seal, writer.uint32(/* id 3, wireType 2 =*/26).fork(), _depth + 1).ldelim();
                if (message.sealed != null && $Object.hasOwnProperty.call(message, "sealed"))
                    $root.shoal.peer.LeaseSealed.encode(message.sealed, writer.uint32(/* id 4, wireType 2 =*/34).fork(), _depth + 1).ldelim();
                if (message.entries != null && $Object.hasOwnProperty.call(message, "entries"))
                    $root.shoal.peer.LeaseEntries.encode(message.entries, writer.uint32(/* id 5, wireType 2 =*/42).fork(), _depth + 1).ldelim();
                if (message.accepted != null && $Object.hasOwnProperty.call(message, "accepted"))
                    $root.shoal.peer.LeaseAccepted.encode(message.accepted, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.fetch != null && $Object.hasOwnProperty.call(message, "fetch"))
                    $root.shoal.peer.LeaseFetch.encode(message.fetch, writer.uint32(/* id 7, wireType 2 =*/58).fork(), _depth + 1).ldelim();
                if (message.page != null && $Object.hasOwnProperty.call(message, "page"))
                    $root.shoal.peer.LeasePage.encode(message.page, writer.uint32(/* id 8, wireType 2 =*/66).fork(), _depth + 1).ldelim();
                if (message.refused != null && $Object.hasOwnProperty.call(message, "refused"))
                    $root.shoal.peer.LeaseRefused.encode(message.refused, writer.uint32(/* id 9, wireType 2 =*/74).fork(), _depth + 1).ldelim();
                if (message.released != null && $Object.hasOwnProperty.call(message, "released"))
                    $root.shoal.peer.LeaseReleased.encode(message.released, writer.uint32(/* id 10, wireType 2 =*/82).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a Lease message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.Lease
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.Lease & shoal.peer.Lease.$Shape} Lease
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            Lease.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.Lease();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.uint32())
                                message.shard = value;
                            else
                                delete message.shard;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            message.seal = $root.shoal.peer.LeaseSeal.decode(reader, reader.size(), $undefined, _depth + 1, message.seal);
                            message.body = "seal";
                            continue;
                        }
                    case 4: {
                            if (wireType !== 2)
                                break;
                            message.sealed = $root.shoal.peer.LeaseSealed.decode(reader, reader.size(), $undefined, _depth + 1, message.sealed);
                            message.body = "sealed";
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            message.entries = $root.shoal.peer.LeaseEntries.decode(reader, reader.size(), $undefined, _depth + 1, message.entries);
                            message.body = "entries";
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.accepted = $root.shoal.peer.LeaseAccepted.decode(reader, reader.size(), $undefined, _depth + 1, message.accepted);
                            message.body = "accepted";
                            continue;
                        }
                    case 7: {
                            if (wireType !== 2)
                                break;
                            message.fetch = $root.shoal.peer.LeaseFetch.decode(reader, reader.size(), $undefined, _depth + 1, message.fetch);
                            message.body = "fetch";
                            continue;
                        }
                    case 8: {
                            if (wireType !== 2)
                                break;
                            message.page = $root.shoal.peer.LeasePage.decode(reader, reader.size(), $undefined, _depth + 1, message.page);
                            message.body = "page";
                            continue;
                        }
                    case 9: {
                            if (wireType !== 2)
                                break;
                            message.refused = $root.shoal.peer.LeaseRefused.decode(reader, reader.size(), $undefined, _depth + 1, message.refused);
                            message.body = "refused";
                            continue;
                        }
                    case 10: {
                            if (wireType !== 2)
                                break;
                            message.released = $root.shoal.peer.LeaseReleased.decode(reader, reader.size(), $undefined, _depth + 1, message.released);
                            message.body = "released";
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return Lease;
        })();

        peer.LeaseSeal = (function() {

            /**
             * Properties of a LeaseSeal.
             * @typedef {Object} shoal.peer.LeaseSeal.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseSeal.
             * @memberof shoal.peer
             * @interface ILeaseSeal
             * @augments shoal.peer.LeaseSeal.$Properties
             * @deprecated Use shoal.peer.LeaseSeal.$Properties instead.
             */

            /**
             * Shape of a LeaseSeal.
             * @typedef {shoal.peer.LeaseSeal.$Properties} shoal.peer.LeaseSeal.$Shape
             */

            /**
             * Constructs a new LeaseSeal.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseSeal.
             * @constructor
             * @param {shoal.peer.LeaseSeal.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseSeal = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified LeaseSeal message. Does not implicitly {@link shoal.peer.LeaseSeal.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseSeal
             * @static
             * @param {shoal.peer.LeaseSeal.$Properties} message LeaseSeal message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseSeal.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseSeal message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseSeal
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseSeal & shoal.peer.LeaseSeal.$Shape} LeaseSeal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseSeal.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseSeal();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseSeal;
        })();

        peer.LeaseSealed = (function() {

            /**
             * Properties of a LeaseSealed.
             * @typedef {Object} shoal.peer.LeaseSealed.$Properties
             * @property {shoal.peer.LeaseLineage.$Properties|null} [lineage] LeaseSealed lineage
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseSealed.
             * @memberof shoal.peer
             * @interface ILeaseSealed
             * @augments shoal.peer.LeaseSealed.$Properties
             * @deprecated Use shoal.peer.LeaseSealed.$Properties instead.
             */

            /**
             * Shape of a LeaseSealed.
             * @typedef {shoal.peer.LeaseSealed.$Properties} shoal.peer.LeaseSealed.$Shape
             */

            /**
             * Constructs a new LeaseSealed.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseSealed.
             * @constructor
             * @param {shoal.peer.LeaseSealed.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseSealed = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseSealed lineage.
             * @member {shoal.peer.LeaseLineage.$Properties|null|undefined} lineage
             * @memberof shoal.peer.LeaseSealed
             * @instance
             */
            LeaseSealed.prototype.lineage = null;

            /**
             * Encodes the specified LeaseSealed message. Does not implicitly {@link shoal.peer.LeaseSealed.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseSealed
             * @static
             * @param {shoal.peer.LeaseSealed.$Properties} message LeaseSealed message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseSealed.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.lineage != null && $Object.hasOwnProperty.call(message, "lineage"))
                    $root.shoal.peer.LeaseLineage.encode(message.lineage, writer.uint32(/* id 1, wireType 2 =*/10).fork(), _depth + 1).ldelim();
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseSealed message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseSealed
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseSealed & shoal.peer.LeaseSealed.$Shape} LeaseSealed
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseSealed.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseSealed();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            message.lineage = $root.shoal.peer.LeaseLineage.decode(reader, reader.size(), $undefined, _depth + 1, message.lineage);
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseSealed;
        })();

        peer.LeaseLineage = (function() {

            /**
             * Properties of a LeaseLineage.
             * @typedef {Object} shoal.peer.LeaseLineage.$Properties
             * @property {Array.<number>|null} [epochs] LeaseLineage epochs
             * @property {Array.<number>|null} [cuts] LeaseLineage cuts
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseLineage.
             * @memberof shoal.peer
             * @interface ILeaseLineage
             * @augments shoal.peer.LeaseLineage.$Properties
             * @deprecated Use shoal.peer.LeaseLineage.$Properties instead.
             */

            /**
             * Shape of a LeaseLineage.
             * @typedef {shoal.peer.LeaseLineage.$Properties} shoal.peer.LeaseLineage.$Shape
             */

            /**
             * Constructs a new LeaseLineage.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseLineage.
             * @constructor
             * @param {shoal.peer.LeaseLineage.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseLineage = function (properties) {
                this.epochs = [];
                this.cuts = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseLineage epochs.
             * @member {Array.<number>} epochs
             * @memberof shoal.peer.LeaseLineage
             * @instance
             */
            LeaseLineage.prototype.epochs = $util.emptyArray;

            /**
             * LeaseLineage cuts.
             * @member {Array.<number>} cuts
             * @memberof shoal.peer.LeaseLineage
             * @instance
             */
            LeaseLineage.prototype.cuts = $util.emptyArray;

            /**
             * Encodes the specified LeaseLineage message. Does not implicitly {@link shoal.peer.LeaseLineage.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseLineage
             * @static
             * @param {shoal.peer.LeaseLineage.$Properties} message LeaseLineage message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseLineage.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.epochs != null && message.epochs.length)
                    writer.uint32(/* id 1, wireType 2 =*/10).uint64s(message.epochs);
                if (message.cuts != null && message.cuts.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).uint64s(message.cuts);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseLineage message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseLineage
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseLineage & shoal.peer.LeaseLineage.$Shape} LeaseLineage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseLineage.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseLineage();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType === 2) {
                                if (!(message.epochs && message.epochs.length))
                                    message.epochs = [];
                                reader.uint64s(message.epochs);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.epochs && message.epochs.length))
                                message.epochs = [];
                            message.epochs.push(reader.uint64());
                            continue;
                        }
                    case 2: {
                            if (wireType === 2) {
                                if (!(message.cuts && message.cuts.length))
                                    message.cuts = [];
                                reader.uint64s(message.cuts);
                                continue;
                            }
                            if (wireType !== 0)
                                break;
                            if (!(message.cuts && message.cuts.length))
                                message.cuts = [];
                            message.cuts.push(reader.uint64());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseLineage;
        })();

        peer.LeaseEntries = (function() {

            /**
             * Properties of a LeaseEntries.
             * @typedef {Object} shoal.peer.LeaseEntries.$Properties
             * @property {number|null} [after] LeaseEntries after
             * @property {Array.<shoal.peer.LeaseRecord.$Properties>|null} [entries] LeaseEntries entries
             * @property {boolean|null} [fetch] LeaseEntries fetch
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseEntries.
             * @memberof shoal.peer
             * @interface ILeaseEntries
             * @augments shoal.peer.LeaseEntries.$Properties
             * @deprecated Use shoal.peer.LeaseEntries.$Properties instead.
             */

            /**
             * Shape of a LeaseEntries.
             * @typedef {shoal.peer.LeaseEntries.$Properties} shoal.peer.LeaseEntries.$Shape
             */

            /**
             * Constructs a new LeaseEntries.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseEntries.
             * @constructor
             * @param {shoal.peer.LeaseEntries.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseEntries = function (properties) {
                this.entries = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseEntries after.
             * @member {number} after
             * @memberof shoal.peer.LeaseEntries
             * @instance
             */
            LeaseEntries.prototype.after = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeaseEntries entries.
             * @member {Array.<shoal.peer.LeaseRecord.$Properties>} entries
             * @memberof shoal.peer.LeaseEntries
             * @instance
             */
            LeaseEntries.prototype.entries = $util.emptyArray;

            /**
             * LeaseEntries fetch.
             * @member {boolean} fetch
             * @memberof shoal.peer.LeaseEntries
             * @instance
             */
            LeaseEntries.prototype.fetch = false;

            /**
             * Encodes the specified LeaseEntries message. Does not implicitly {@link shoal.peer.LeaseEntries.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseEntries
             * @static
             * @param {shoal.peer.LeaseEntries.$Properties} message LeaseEntries message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseEntries.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.after != null && $Object.hasOwnProperty.call(message, "after") && (typeof message.after === "object" ? message.after.low || message.after.high : message.after !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.after);
                if (message.entries != null && message.entries.length)
                    for (let i = 0; i < message.entries.length; ++i)
                        $root.shoal.peer.LeaseRecord.encode(message.entries[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.fetch != null && $Object.hasOwnProperty.call(message, "fetch") && message.fetch !== false)
                    writer.uint32(/* id 3, wireType 0 =*/24).bool(message.fetch);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseEntries message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseEntries
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseEntries & shoal.peer.LeaseEntries.$Shape} LeaseEntries
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseEntries.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseEntries();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.after = value;
                            else
                                delete message.after;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.entries && message.entries.length))
                                message.entries = [];
                            message.entries.push($root.shoal.peer.LeaseRecord.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.fetch = value;
                            else
                                delete message.fetch;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseEntries;
        })();

        peer.LeaseRecord = (function() {

            /**
             * Properties of a LeaseRecord.
             * @typedef {Object} shoal.peer.LeaseRecord.$Properties
             * @property {string|null} [actor] LeaseRecord actor
             * @property {Uint8Array|null} [state] LeaseRecord state
             * @property {number|null} [epoch] LeaseRecord epoch
             * @property {number|null} [n] LeaseRecord n
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseRecord.
             * @memberof shoal.peer
             * @interface ILeaseRecord
             * @augments shoal.peer.LeaseRecord.$Properties
             * @deprecated Use shoal.peer.LeaseRecord.$Properties instead.
             */

            /**
             * Shape of a LeaseRecord.
             * @typedef {shoal.peer.LeaseRecord.$Properties} shoal.peer.LeaseRecord.$Shape
             */

            /**
             * Constructs a new LeaseRecord.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseRecord.
             * @constructor
             * @param {shoal.peer.LeaseRecord.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseRecord = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseRecord actor.
             * @member {string} actor
             * @memberof shoal.peer.LeaseRecord
             * @instance
             */
            LeaseRecord.prototype.actor = "";

            /**
             * LeaseRecord state.
             * @member {Uint8Array} state
             * @memberof shoal.peer.LeaseRecord
             * @instance
             */
            LeaseRecord.prototype.state = $util.newBuffer([]);

            /**
             * LeaseRecord epoch.
             * @member {number} epoch
             * @memberof shoal.peer.LeaseRecord
             * @instance
             */
            LeaseRecord.prototype.epoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeaseRecord n.
             * @member {number} n
             * @memberof shoal.peer.LeaseRecord
             * @instance
             */
            LeaseRecord.prototype.n = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified LeaseRecord message. Does not implicitly {@link shoal.peer.LeaseRecord.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseRecord
             * @static
             * @param {shoal.peer.LeaseRecord.$Properties} message LeaseRecord message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseRecord.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.actor != null && $Object.hasOwnProperty.call(message, "actor") && message.actor !== "")
                    writer.uint32(/* id 1, wireType 2 =*/10).string(message.actor);
                if (message.state != null && $Object.hasOwnProperty.call(message, "state") && message.state.length)
                    writer.uint32(/* id 2, wireType 2 =*/18).bytes(message.state);
                if (message.epoch != null && $Object.hasOwnProperty.call(message, "epoch") && (typeof message.epoch === "object" ? message.epoch.low || message.epoch.high : message.epoch !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.epoch);
                if (message.n != null && $Object.hasOwnProperty.call(message, "n") && (typeof message.n === "object" ? message.n.low || message.n.high : message.n !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.n);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseRecord message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseRecord
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseRecord & shoal.peer.LeaseRecord.$Shape} LeaseRecord
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseRecord.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseRecord();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.stringVerify()).length)
                                message.actor = value;
                            else
                                delete message.actor;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if ((value = reader.bytes()).length)
                                message.state = value;
                            else
                                delete message.state;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.epoch = value;
                            else
                                delete message.epoch;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.n = value;
                            else
                                delete message.n;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseRecord;
        })();

        peer.LeaseAccepted = (function() {

            /**
             * Properties of a LeaseAccepted.
             * @typedef {Object} shoal.peer.LeaseAccepted.$Properties
             * @property {number|null} [n] LeaseAccepted n
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseAccepted.
             * @memberof shoal.peer
             * @interface ILeaseAccepted
             * @augments shoal.peer.LeaseAccepted.$Properties
             * @deprecated Use shoal.peer.LeaseAccepted.$Properties instead.
             */

            /**
             * Shape of a LeaseAccepted.
             * @typedef {shoal.peer.LeaseAccepted.$Properties} shoal.peer.LeaseAccepted.$Shape
             */

            /**
             * Constructs a new LeaseAccepted.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseAccepted.
             * @constructor
             * @param {shoal.peer.LeaseAccepted.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseAccepted = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseAccepted n.
             * @member {number} n
             * @memberof shoal.peer.LeaseAccepted
             * @instance
             */
            LeaseAccepted.prototype.n = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified LeaseAccepted message. Does not implicitly {@link shoal.peer.LeaseAccepted.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseAccepted
             * @static
             * @param {shoal.peer.LeaseAccepted.$Properties} message LeaseAccepted message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseAccepted.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.n != null && $Object.hasOwnProperty.call(message, "n") && (typeof message.n === "object" ? message.n.low || message.n.high : message.n !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.n);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseAccepted message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseAccepted
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseAccepted & shoal.peer.LeaseAccepted.$Shape} LeaseAccepted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseAccepted.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseAccepted();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.n = value;
                            else
                                delete message.n;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseAccepted;
        })();

        peer.LeaseFetch = (function() {

            /**
             * Properties of a LeaseFetch.
             * @typedef {Object} shoal.peer.LeaseFetch.$Properties
             * @property {number|null} [number] LeaseFetch number
             * @property {number|null} [afterEpoch] LeaseFetch afterEpoch
             * @property {number|null} [afterN] LeaseFetch afterN
             * @property {boolean|null} [scan] LeaseFetch scan
             * @property {Array.<string>|null} [actors] LeaseFetch actors
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseFetch.
             * @memberof shoal.peer
             * @interface ILeaseFetch
             * @augments shoal.peer.LeaseFetch.$Properties
             * @deprecated Use shoal.peer.LeaseFetch.$Properties instead.
             */

            /**
             * Shape of a LeaseFetch.
             * @typedef {shoal.peer.LeaseFetch.$Properties} shoal.peer.LeaseFetch.$Shape
             */

            /**
             * Constructs a new LeaseFetch.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseFetch.
             * @constructor
             * @param {shoal.peer.LeaseFetch.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseFetch = function (properties) {
                this.actors = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseFetch number.
             * @member {number} number
             * @memberof shoal.peer.LeaseFetch
             * @instance
             */
            LeaseFetch.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeaseFetch afterEpoch.
             * @member {number} afterEpoch
             * @memberof shoal.peer.LeaseFetch
             * @instance
             */
            LeaseFetch.prototype.afterEpoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeaseFetch afterN.
             * @member {number} afterN
             * @memberof shoal.peer.LeaseFetch
             * @instance
             */
            LeaseFetch.prototype.afterN = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeaseFetch scan.
             * @member {boolean} scan
             * @memberof shoal.peer.LeaseFetch
             * @instance
             */
            LeaseFetch.prototype.scan = false;

            /**
             * LeaseFetch actors.
             * @member {Array.<string>} actors
             * @memberof shoal.peer.LeaseFetch
             * @instance
             */
            LeaseFetch.prototype.actors = $util.emptyArray;

            /**
             * Encodes the specified LeaseFetch message. Does not implicitly {@link shoal.peer.LeaseFetch.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseFetch
             * @static
             * @param {shoal.peer.LeaseFetch.$Properties} message LeaseFetch message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseFetch.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.afterEpoch != null && $Object.hasOwnProperty.call(message, "afterEpoch") && (typeof message.afterEpoch === "object" ? message.afterEpoch.low || message.afterEpoch.high : message.afterEpoch !== 0))
                    writer.uint32(/* id 2, wireType 0 =*/16).uint64(message.afterEpoch);
                if (message.afterN != null && $Object.hasOwnProperty.call(message, "afterN") && (typeof message.afterN === "object" ? message.afterN.low || message.afterN.high : message.afterN !== 0))
                    writer.uint32(/* id 3, wireType 0 =*/24).uint64(message.afterN);
                if (message.scan != null && $Object.hasOwnProperty.call(message, "scan") && message.scan !== false)
                    writer.uint32(/* id 4, wireType 0 =*/32).bool(message.scan);
                if (message.actors != null && message.actors.length)
                    for (let i = 0; i < message.actors.length; ++i)
                        writer.uint32(/* id 5, wireType 2 =*/42).string(message.actors[i]);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseFetch message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseFetch
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseFetch & shoal.peer.LeaseFetch.$Shape} LeaseFetch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseFetch.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseFetch();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.afterEpoch = value;
                            else
                                delete message.afterEpoch;
                            continue;
                        }
                    case 3: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.afterN = value;
                            else
                                delete message.afterN;
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.scan = value;
                            else
                                delete message.scan;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 2)
                                break;
                            if (!(message.actors && message.actors.length))
                                message.actors = [];
                            message.actors.push(reader.stringVerify());
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseFetch;
        })();

        peer.LeasePage = (function() {

            /**
             * Properties of a LeasePage.
             * @typedef {Object} shoal.peer.LeasePage.$Properties
             * @property {number|null} [number] LeasePage number
             * @property {Array.<shoal.peer.LeaseRecord.$Properties>|null} [records] LeasePage records
             * @property {Array.<string>|null} [absent] LeasePage absent
             * @property {number|null} [cursorEpoch] LeasePage cursorEpoch
             * @property {number|null} [cursorN] LeasePage cursorN
             * @property {shoal.peer.LeaseLineage.$Properties|null} [lineage] LeasePage lineage
             * @property {boolean|null} [last] LeasePage last
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeasePage.
             * @memberof shoal.peer
             * @interface ILeasePage
             * @augments shoal.peer.LeasePage.$Properties
             * @deprecated Use shoal.peer.LeasePage.$Properties instead.
             */

            /**
             * Shape of a LeasePage.
             * @typedef {shoal.peer.LeasePage.$Properties} shoal.peer.LeasePage.$Shape
             */

            /**
             * Constructs a new LeasePage.
             * @memberof shoal.peer
             * @classdesc Represents a LeasePage.
             * @constructor
             * @param {shoal.peer.LeasePage.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeasePage = function (properties) {
                this.records = [];
                this.absent = [];
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeasePage number.
             * @member {number} number
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.number = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeasePage records.
             * @member {Array.<shoal.peer.LeaseRecord.$Properties>} records
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.records = $util.emptyArray;

            /**
             * LeasePage absent.
             * @member {Array.<string>} absent
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.absent = $util.emptyArray;

            /**
             * LeasePage cursorEpoch.
             * @member {number} cursorEpoch
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.cursorEpoch = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeasePage cursorN.
             * @member {number} cursorN
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.cursorN = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * LeasePage lineage.
             * @member {shoal.peer.LeaseLineage.$Properties|null|undefined} lineage
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.lineage = null;

            /**
             * LeasePage last.
             * @member {boolean} last
             * @memberof shoal.peer.LeasePage
             * @instance
             */
            LeasePage.prototype.last = false;

            /**
             * Encodes the specified LeasePage message. Does not implicitly {@link shoal.peer.LeasePage.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeasePage
             * @static
             * @param {shoal.peer.LeasePage.$Properties} message LeasePage message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeasePage.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.number != null && $Object.hasOwnProperty.call(message, "number") && (typeof message.number === "object" ? message.number.low || message.number.high : message.number !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.number);
                if (message.records != null && message.records.length)
                    for (let i = 0; i < message.records.length; ++i)
                        $root.shoal.peer.LeaseRecord.encode(message.records[i], writer.uint32(/* id 2, wireType 2 =*/18).fork(), _depth + 1).ldelim();
                if (message.absent != null && message.absent.length)
                    for (let i = 0; i < message.absent.length; ++i)
                        writer.uint32(/* id 3, wireType 2 =*/26).string(message.absent[i]);
                if (message.cursorEpoch != null && $Object.hasOwnProperty.call(message, "cursorEpoch") && (typeof message.cursorEpoch === "object" ? message.cursorEpoch.low || message.cursorEpoch.high : message.cursorEpoch !== 0))
                    writer.uint32(/* id 4, wireType 0 =*/32).uint64(message.cursorEpoch);
                if (message.cursorN != null && $Object.hasOwnProperty.call(message, "cursorN") && (typeof message.cursorN === "object" ? message.cursorN.low || message.cursorN.high : message.cursorN !== 0))
                    writer.uint32(/* id 5, wireType 0 =*/40).uint64(message.cursorN);
                if (message.lineage != null && $Object.hasOwnProperty.call(message, "lineage"))
                    $root.shoal.peer.LeaseLineage.encode(message.lineage, writer.uint32(/* id 6, wireType 2 =*/50).fork(), _depth + 1).ldelim();
                if (message.last != null && $Object.hasOwnProperty.call(message, "last") && message.last !== false)
                    writer.uint32(/* id 7, wireType 0 =*/56).bool(message.last);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeasePage message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeasePage
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeasePage & shoal.peer.LeasePage.$Shape} LeasePage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeasePage.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeasePage();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.number = value;
                            else
                                delete message.number;
                            continue;
                        }
                    case 2: {
                            if (wireType !== 2)
                                break;
                            if (!(message.records && message.records.length))
                                message.records = [];
                            message.records.push($root.shoal.peer.LeaseRecord.decode(reader, reader.size(), $undefined, _depth + 1));
                            continue;
                        }
                    case 3: {
                            if (wireType !== 2)
                                break;
                            if (!(message.absent && message.absent.length))
                                message.absent = [];
                            message.absent.push(reader.stringVerify());
                            continue;
                        }
                    case 4: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.cursorEpoch = value;
                            else
                                delete message.cursorEpoch;
                            continue;
                        }
                    case 5: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.cursorN = value;
                            else
                                delete message.cursorN;
                            continue;
                        }
                    case 6: {
                            if (wireType !== 2)
                                break;
                            message.lineage = $root.shoal.peer.LeaseLineage.decode(reader, reader.size(), $undefined, _depth + 1, message.lineage);
                            continue;
                        }
                    case 7: {
                            if (wireType !== 0)
                                break;
                            if (value = reader.bool())
                                message.last = value;
                            else
                                delete message.last;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeasePage;
        })();

        peer.LeaseRefused = (function() {

            /**
             * Properties of a LeaseRefused.
             * @typedef {Object} shoal.peer.LeaseRefused.$Properties
             * @property {number|null} [promised] LeaseRefused promised
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseRefused.
             * @memberof shoal.peer
             * @interface ILeaseRefused
             * @augments shoal.peer.LeaseRefused.$Properties
             * @deprecated Use shoal.peer.LeaseRefused.$Properties instead.
             */

            /**
             * Shape of a LeaseRefused.
             * @typedef {shoal.peer.LeaseRefused.$Properties} shoal.peer.LeaseRefused.$Shape
             */

            /**
             * Constructs a new LeaseRefused.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseRefused.
             * @constructor
             * @param {shoal.peer.LeaseRefused.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseRefused = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * LeaseRefused promised.
             * @member {number} promised
             * @memberof shoal.peer.LeaseRefused
             * @instance
             */
            LeaseRefused.prototype.promised = $util.Long ? $util.Long.fromBits(0,0,true) : 0;

            /**
             * Encodes the specified LeaseRefused message. Does not implicitly {@link shoal.peer.LeaseRefused.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseRefused
             * @static
             * @param {shoal.peer.LeaseRefused.$Properties} message LeaseRefused message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseRefused.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.promised != null && $Object.hasOwnProperty.call(message, "promised") && (typeof message.promised === "object" ? message.promised.low || message.promised.high : message.promised !== 0))
                    writer.uint32(/* id 1, wireType 0 =*/8).uint64(message.promised);
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseRefused message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseRefused
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseRefused & shoal.peer.LeaseRefused.$Shape} LeaseRefused
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseRefused.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message, value;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseRefused();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    let wireType = tag & 7;
                    switch (tag >>>= 3) {
                    case 1: {
                            if (wireType !== 0)
                                break;
                            if (typeof (value = reader.uint64()) === "object" ? value.low || value.high : value !== 0)
                                message.promised = value;
                            else
                                delete message.promised;
                            continue;
                        }
                    }
                    reader.skipType(wireType, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseRefused;
        })();

        peer.LeaseReleased = (function() {

            /**
             * Properties of a LeaseReleased.
             * @typedef {Object} shoal.peer.LeaseReleased.$Properties
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */

            /**
             * Properties of a LeaseReleased.
             * @memberof shoal.peer
             * @interface ILeaseReleased
             * @augments shoal.peer.LeaseReleased.$Properties
             * @deprecated Use shoal.peer.LeaseReleased.$Properties instead.
             */

            /**
             * Shape of a LeaseReleased.
             * @typedef {shoal.peer.LeaseReleased.$Properties} shoal.peer.LeaseReleased.$Shape
             */

            /**
             * Constructs a new LeaseReleased.
             * @memberof shoal.peer
             * @classdesc Represents a LeaseReleased.
             * @constructor
             * @param {shoal.peer.LeaseReleased.$Properties=} [properties] Properties to set
             * @property {Array.<Uint8Array>} [$unknowns] Unknown fields preserved while decoding when enabled
             */
            const LeaseReleased = function (properties) {
                if (properties)
                    for (let keys = $Object.keys(properties), i = 0; i < keys.length; ++i)
                        if (properties[keys[i]] != null && keys[i] !== "__proto__")
                            this[keys[i]] = properties[keys[i]];
            };

            /**
             * Encodes the specified LeaseReleased message. Does not implicitly {@link shoal.peer.LeaseReleased.verify|verify} messages.
             * @function encode
             * @memberof shoal.peer.LeaseReleased
             * @static
             * @param {shoal.peer.LeaseReleased.$Properties} message LeaseReleased message or plain object to encode
             * @param {$protobuf.Writer} [writer] Writer to encode to
             * @returns {$protobuf.Writer} Writer
             */
            LeaseReleased.encode = function (message, writer, _depth) {
                if (!writer)
                    writer = $Writer.create();
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $util.recursionLimit)
                    throw $Error("max depth exceeded");
                if (message.$unknowns != null && $Object.hasOwnProperty.call(message, "$unknowns"))
                    for (let i = 0; i < message.$unknowns.length; ++i)
                        writer.raw(message.$unknowns[i]);
                return writer;
            };

            /**
             * Decodes a LeaseReleased message from the specified reader or buffer.
             * @function decode
             * @memberof shoal.peer.LeaseReleased
             * @static
             * @param {$protobuf.Reader|Uint8Array} reader Reader or buffer to decode from
             * @param {number} [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseReleased & shoal.peer.LeaseReleased.$Shape} LeaseReleased
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            LeaseReleased.decode = function (reader, length, _end, _depth, _target) {
                if (!(reader instanceof $Reader))
                    reader = $Reader.create(reader);
                if (_depth === $undefined)
                    _depth = 0;
                if (_depth > $Reader.recursionLimit)
                    throw $Error("max depth exceeded");
                let end, message;
                if (length === $undefined)
                    end = reader.len;
                else {
                    end = reader.pos + length;
                    if (end > reader.len)
                        throw $RangeError("index out of range");
                    length = reader.len;
                    reader.len = end;
                }
                message = _target || new $root.shoal.peer.LeaseReleased();
                while (reader.pos < end) {
                    let start = reader.pos;
                    let tag = reader.tag();
                    if (tag === _end) {
                        _end = $undefined;
                        break;
                    }
                    reader.skipType(tag & 7, _depth, tag);
                    if (!reader.discardUnknown) {
                        $util.makeProp(message, "$unknowns", false);
                        (message.$unknowns || (message.$unknowns = [])).push(reader.raw(start, reader.pos));
                    }
                }
                if (length !== $undefined) {
                    if (reader.pos !== end)
                        throw $RangeError("index out of range");
                    reader.len = length;
                }
                if (_end !== $undefined)
                    throw $Error("missing end group");
                return message;
            };

            return LeaseReleased;
        })();

        return peer;
    })();

    return shoal;
})();

export {
  $root as default
};
