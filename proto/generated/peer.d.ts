import * as $protobuf from "protobufjs/minimal.js";
import Long = require("long");

/** Namespace shoal. */
export namespace shoal {

    /** Namespace peer. */
    namespace peer {

        /**
         * Properties of a Control.
         * @deprecated Use shoal.peer.Control.$Properties instead.
         */
        interface IControl extends shoal.peer.Control.$Properties {
        }

        /** Represents a Control. */
        class Control {

            /**
             * Constructs a new Control.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Control.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Control hello. */
            hello?: (shoal.peer.Hello.$Properties|null);

            /** Control ping. */
            ping?: (shoal.peer.Ping.$Properties|null);

            /** Control ack. */
            ack?: (shoal.peer.Ack.$Properties|null);

            /** Control pingRequest. */
            pingRequest?: (shoal.peer.PingRequest.$Properties|null);

            /** Control beacon. */
            beacon?: (shoal.peer.Beacon.$Properties|null);

            /** Control shardHashes. */
            shardHashes?: (shoal.peer.ShardHashes.$Properties|null);

            /** Control stored. */
            stored?: (shoal.peer.Stored.$Properties|null);

            /** Control flush. */
            flush?: (shoal.peer.Flush.$Properties|null);

            /** Control flushed. */
            flushed?: (shoal.peer.Flushed.$Properties|null);

            /** Control nack. */
            nack?: (shoal.peer.Nack.$Properties|null);

            /** Control pushWanted. */
            pushWanted?: (shoal.peer.PushWanted.$Properties|null);

            /** Control holdings. */
            holdings?: (shoal.peer.Holdings.$Properties|null);

            /** Control voterQuestion. */
            voterQuestion?: (shoal.peer.VoterQuestion.$Properties|null);

            /** Control voterAnswer. */
            voterAnswer?: (shoal.peer.VoterAnswer.$Properties|null);

            /** Control body. */
            body?: ("hello"|"ping"|"ack"|"pingRequest"|"beacon"|"shardHashes"|"stored"|"flush"|"flushed"|"nack"|"pushWanted"|"holdings"|"voterQuestion"|"voterAnswer");

            /**
             * Encodes the specified Control message. Does not implicitly {@link shoal.peer.Control.verify|verify} messages.
             * @param message Control message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Control.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Control message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Control & shoal.peer.Control.$Shape} Control
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Control & shoal.peer.Control.$Shape;
        }

        namespace Control {

            /** Properties of a Control. */
            interface $Properties {

                /** Control hello */
                hello?: (shoal.peer.Hello.$Properties|null);

                /** Control ping */
                ping?: (shoal.peer.Ping.$Properties|null);

                /** Control ack */
                ack?: (shoal.peer.Ack.$Properties|null);

                /** Control pingRequest */
                pingRequest?: (shoal.peer.PingRequest.$Properties|null);

                /** Control beacon */
                beacon?: (shoal.peer.Beacon.$Properties|null);

                /** Control shardHashes */
                shardHashes?: (shoal.peer.ShardHashes.$Properties|null);

                /** Control stored */
                stored?: (shoal.peer.Stored.$Properties|null);

                /** Control flush */
                flush?: (shoal.peer.Flush.$Properties|null);

                /** Control flushed */
                flushed?: (shoal.peer.Flushed.$Properties|null);

                /** Control nack */
                nack?: (shoal.peer.Nack.$Properties|null);

                /** Control pushWanted */
                pushWanted?: (shoal.peer.PushWanted.$Properties|null);

                /** Control holdings */
                holdings?: (shoal.peer.Holdings.$Properties|null);

                /** Control voterQuestion */
                voterQuestion?: (shoal.peer.VoterQuestion.$Properties|null);

                /** Control voterAnswer */
                voterAnswer?: (shoal.peer.VoterAnswer.$Properties|null);

                /** Control body */
                body?: ("hello"|"ping"|"ack"|"pingRequest"|"beacon"|"shardHashes"|"stored"|"flush"|"flushed"|"nack"|"pushWanted"|"holdings"|"voterQuestion"|"voterAnswer");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Control. */
            type $Shape = {
              hello?: shoal.peer.Hello.$Shape|null;
              ping?: shoal.peer.Ping.$Shape|null;
              ack?: shoal.peer.Ack.$Shape|null;
              pingRequest?: shoal.peer.PingRequest.$Shape|null;
              beacon?: shoal.peer.Beacon.$Shape|null;
              shardHashes?: shoal.peer.ShardHashes.$Shape|null;
              stored?: shoal.peer.Stored.$Shape|null;
              flush?: shoal.peer.Flush.$Shape|null;
              flushed?: shoal.peer.Flushed.$Shape|null;
              nack?: shoal.peer.Nack.$Shape|null;
              pushWanted?: shoal.peer.PushWanted.$Shape|null;
              holdings?: shoal.peer.Holdings.$Shape|null;
              voterQuestion?: shoal.peer.VoterQuestion.$Shape|null;
              voterAnswer?: shoal.peer.VoterAnswer.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "hello"; hello: shoal.peer.Hello.$Shape; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "ping"; hello?: null; ping: shoal.peer.Ping.$Shape; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "ack"; hello?: null; ping?: null; ack: shoal.peer.Ack.$Shape; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "pingRequest"; hello?: null; ping?: null; ack?: null; pingRequest: shoal.peer.PingRequest.$Shape; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "beacon"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon: shoal.peer.Beacon.$Shape; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "shardHashes"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes: shoal.peer.ShardHashes.$Shape; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "stored"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored: shoal.peer.Stored.$Shape; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "flush"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush: shoal.peer.Flush.$Shape; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "flushed"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed: shoal.peer.Flushed.$Shape; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "nack"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack: shoal.peer.Nack.$Shape; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "pushWanted"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted: shoal.peer.PushWanted.$Shape; holdings?: null; voterQuestion?: null; voterAnswer?: null }|{ body?: "holdings"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings: shoal.peer.Holdings.$Shape; voterQuestion?: null; voterAnswer?: null }|{ body?: "voterQuestion"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion: shoal.peer.VoterQuestion.$Shape; voterAnswer?: null }|{ body?: "voterAnswer"; hello?: null; ping?: null; ack?: null; pingRequest?: null; beacon?: null; shardHashes?: null; stored?: null; flush?: null; flushed?: null; nack?: null; pushWanted?: null; holdings?: null; voterQuestion?: null; voterAnswer: shoal.peer.VoterAnswer.$Shape })
            );
        }

        /**
         * Properties of a VoterQuestion.
         * @deprecated Use shoal.peer.VoterQuestion.$Properties instead.
         */
        interface IVoterQuestion extends shoal.peer.VoterQuestion.$Properties {
        }

        /** Represents a VoterQuestion. */
        class VoterQuestion {

            /**
             * Constructs a new VoterQuestion.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterQuestion.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VoterQuestion number. */
            number: number;

            /** VoterQuestion voter. */
            voter: string;

            /** VoterQuestion key. */
            key: string;

            /** VoterQuestion look. */
            look?: (shoal.peer.VoterLook.$Properties|null);

            /** VoterQuestion promise. */
            promise?: (shoal.peer.Ballot.$Properties|null);

            /** VoterQuestion accept. */
            accept?: (shoal.peer.VoterProposal.$Properties|null);

            /** VoterQuestion list. */
            list?: (shoal.peer.VoterList.$Properties|null);

            /** VoterQuestion forget. */
            forget?: (shoal.peer.Ballot.$Properties|null);

            /** VoterQuestion listId. */
            listId: string;

            /** VoterQuestion body. */
            body?: ("look"|"promise"|"accept"|"list"|"forget");

            /**
             * Encodes the specified VoterQuestion message. Does not implicitly {@link shoal.peer.VoterQuestion.verify|verify} messages.
             * @param message VoterQuestion message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterQuestion.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterQuestion message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterQuestion & shoal.peer.VoterQuestion.$Shape} VoterQuestion
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterQuestion & shoal.peer.VoterQuestion.$Shape;
        }

        namespace VoterQuestion {

            /** Properties of a VoterQuestion. */
            interface $Properties {

                /** VoterQuestion number */
                number?: (number|null);

                /** VoterQuestion voter */
                voter?: (string|null);

                /** VoterQuestion key */
                key?: (string|null);

                /** VoterQuestion look */
                look?: (shoal.peer.VoterLook.$Properties|null);

                /** VoterQuestion promise */
                promise?: (shoal.peer.Ballot.$Properties|null);

                /** VoterQuestion accept */
                accept?: (shoal.peer.VoterProposal.$Properties|null);

                /** VoterQuestion list */
                list?: (shoal.peer.VoterList.$Properties|null);

                /** VoterQuestion forget */
                forget?: (shoal.peer.Ballot.$Properties|null);

                /** VoterQuestion listId */
                listId?: (string|null);

                /** VoterQuestion body */
                body?: ("look"|"promise"|"accept"|"list"|"forget");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a VoterQuestion. */
            type $Shape = {
              number?: number|null;
              voter?: string|null;
              key?: string|null;
              look?: shoal.peer.VoterLook.$Shape|null;
              promise?: shoal.peer.Ballot.$Shape|null;
              accept?: shoal.peer.VoterProposal.$Shape|null;
              list?: shoal.peer.VoterList.$Shape|null;
              forget?: shoal.peer.Ballot.$Shape|null;
              listId?: string|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; look?: null; promise?: null; accept?: null; list?: null; forget?: null }|{ body?: "look"; look: shoal.peer.VoterLook.$Shape; promise?: null; accept?: null; list?: null; forget?: null }|{ body?: "promise"; look?: null; promise: shoal.peer.Ballot.$Shape; accept?: null; list?: null; forget?: null }|{ body?: "accept"; look?: null; promise?: null; accept: shoal.peer.VoterProposal.$Shape; list?: null; forget?: null }|{ body?: "list"; look?: null; promise?: null; accept?: null; list: shoal.peer.VoterList.$Shape; forget?: null }|{ body?: "forget"; look?: null; promise?: null; accept?: null; list?: null; forget: shoal.peer.Ballot.$Shape })
            );
        }

        /**
         * Properties of a VoterLook.
         * @deprecated Use shoal.peer.VoterLook.$Properties instead.
         */
        interface IVoterLook extends shoal.peer.VoterLook.$Properties {
        }

        /** Represents a VoterLook. */
        class VoterLook {

            /**
             * Constructs a new VoterLook.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterLook.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified VoterLook message. Does not implicitly {@link shoal.peer.VoterLook.verify|verify} messages.
             * @param message VoterLook message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterLook.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterLook message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterLook & shoal.peer.VoterLook.$Shape} VoterLook
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterLook & shoal.peer.VoterLook.$Shape;
        }

        namespace VoterLook {

            /** Properties of a VoterLook. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VoterLook. */
            type $Shape = shoal.peer.VoterLook.$Properties;
        }

        /**
         * Properties of a VoterProposal.
         * @deprecated Use shoal.peer.VoterProposal.$Properties instead.
         */
        interface IVoterProposal extends shoal.peer.VoterProposal.$Properties {
        }

        /** Represents a VoterProposal. */
        class VoterProposal {

            /**
             * Constructs a new VoterProposal.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterProposal.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VoterProposal register. */
            register?: (shoal.peer.VoterRegister.$Properties|null);

            /**
             * Encodes the specified VoterProposal message. Does not implicitly {@link shoal.peer.VoterProposal.verify|verify} messages.
             * @param message VoterProposal message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterProposal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterProposal message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterProposal & shoal.peer.VoterProposal.$Shape} VoterProposal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterProposal & shoal.peer.VoterProposal.$Shape;
        }

        namespace VoterProposal {

            /** Properties of a VoterProposal. */
            interface $Properties {

                /** VoterProposal register */
                register?: (shoal.peer.VoterRegister.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VoterProposal. */
            type $Shape = shoal.peer.VoterProposal.$Properties;
        }

        /**
         * Properties of a VoterList.
         * @deprecated Use shoal.peer.VoterList.$Properties instead.
         */
        interface IVoterList extends shoal.peer.VoterList.$Properties {
        }

        /** Represents a VoterList. */
        class VoterList {

            /**
             * Constructs a new VoterList.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterList.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VoterList after. */
            after: string;

            /**
             * Encodes the specified VoterList message. Does not implicitly {@link shoal.peer.VoterList.verify|verify} messages.
             * @param message VoterList message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterList.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterList message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterList & shoal.peer.VoterList.$Shape} VoterList
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterList & shoal.peer.VoterList.$Shape;
        }

        namespace VoterList {

            /** Properties of a VoterList. */
            interface $Properties {

                /** VoterList after */
                after?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VoterList. */
            type $Shape = shoal.peer.VoterList.$Properties;
        }

        /**
         * Properties of a Ballot.
         * @deprecated Use shoal.peer.Ballot.$Properties instead.
         */
        interface IBallot extends shoal.peer.Ballot.$Properties {
        }

        /** Represents a Ballot. */
        class Ballot {

            /**
             * Constructs a new Ballot.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Ballot.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ballot counter. */
            counter: number;

            /** Ballot proposer. */
            proposer: string;

            /**
             * Encodes the specified Ballot message. Does not implicitly {@link shoal.peer.Ballot.verify|verify} messages.
             * @param message Ballot message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Ballot.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Ballot message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Ballot & shoal.peer.Ballot.$Shape} Ballot
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Ballot & shoal.peer.Ballot.$Shape;
        }

        namespace Ballot {

            /** Properties of a Ballot. */
            interface $Properties {

                /** Ballot counter */
                counter?: (number|null);

                /** Ballot proposer */
                proposer?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Ballot. */
            type $Shape = shoal.peer.Ballot.$Properties;
        }

        /**
         * Properties of a VoterRegister.
         * @deprecated Use shoal.peer.VoterRegister.$Properties instead.
         */
        interface IVoterRegister extends shoal.peer.VoterRegister.$Properties {
        }

        /** Represents a VoterRegister. */
        class VoterRegister {

            /**
             * Constructs a new VoterRegister.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterRegister.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VoterRegister key. */
            key: string;

            /** VoterRegister ballot. */
            ballot?: (shoal.peer.Ballot.$Properties|null);

            /** VoterRegister version. */
            version: string;

            /** VoterRegister value. */
            value: Uint8Array;

            /**
             * Encodes the specified VoterRegister message. Does not implicitly {@link shoal.peer.VoterRegister.verify|verify} messages.
             * @param message VoterRegister message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterRegister.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterRegister message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterRegister & shoal.peer.VoterRegister.$Shape} VoterRegister
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterRegister & shoal.peer.VoterRegister.$Shape;
        }

        namespace VoterRegister {

            /** Properties of a VoterRegister. */
            interface $Properties {

                /** VoterRegister key */
                key?: (string|null);

                /** VoterRegister ballot */
                ballot?: (shoal.peer.Ballot.$Properties|null);

                /** VoterRegister version */
                version?: (string|null);

                /** VoterRegister value */
                value?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VoterRegister. */
            type $Shape = shoal.peer.VoterRegister.$Properties;
        }

        /**
         * Properties of a VoterAnswer.
         * @deprecated Use shoal.peer.VoterAnswer.$Properties instead.
         */
        interface IVoterAnswer extends shoal.peer.VoterAnswer.$Properties {
        }

        /** Represents a VoterAnswer. */
        class VoterAnswer {

            /**
             * Constructs a new VoterAnswer.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.VoterAnswer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** VoterAnswer number. */
            number: number;

            /** VoterAnswer voter. */
            voter: string;

            /** VoterAnswer refused. */
            refused?: (shoal.peer.Ballot.$Properties|null);

            /** VoterAnswer problem. */
            problem: string;

            /** VoterAnswer registers. */
            registers: shoal.peer.VoterRegister.$Properties[];

            /** VoterAnswer more. */
            more: boolean;

            /**
             * Encodes the specified VoterAnswer message. Does not implicitly {@link shoal.peer.VoterAnswer.verify|verify} messages.
             * @param message VoterAnswer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.VoterAnswer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a VoterAnswer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.VoterAnswer & shoal.peer.VoterAnswer.$Shape} VoterAnswer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.VoterAnswer & shoal.peer.VoterAnswer.$Shape;
        }

        namespace VoterAnswer {

            /** Properties of a VoterAnswer. */
            interface $Properties {

                /** VoterAnswer number */
                number?: (number|null);

                /** VoterAnswer voter */
                voter?: (string|null);

                /** VoterAnswer refused */
                refused?: (shoal.peer.Ballot.$Properties|null);

                /** VoterAnswer problem */
                problem?: (string|null);

                /** VoterAnswer registers */
                registers?: (shoal.peer.VoterRegister.$Properties[]|null);

                /** VoterAnswer more */
                more?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a VoterAnswer. */
            type $Shape = shoal.peer.VoterAnswer.$Properties;
        }

        /**
         * Properties of a Member.
         * @deprecated Use shoal.peer.Member.$Properties instead.
         */
        interface IMember extends shoal.peer.Member.$Properties {
        }

        /** Represents a Member. */
        class Member {

            /**
             * Constructs a new Member.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Member.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Member id. */
            id: string;

            /** Member name. */
            name: string;

            /** Member region. */
            region: string;

            /** Member incarnation. */
            incarnation: string;

            /** Member refutation. */
            refutation: number;

            /** Member status. */
            status: number;

            /** Member addresses. */
            addresses: string[];

            /** Member zone. */
            zone: string;

            /** Member signature. */
            signature: Uint8Array;

            /** Member kinds. */
            kinds: string;

            /** Member weight. */
            weight?: (number|null);

            /**
             * Encodes the specified Member message. Does not implicitly {@link shoal.peer.Member.verify|verify} messages.
             * @param message Member message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Member.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Member message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Member & shoal.peer.Member.$Shape} Member
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Member & shoal.peer.Member.$Shape;
        }

        namespace Member {

            /** Properties of a Member. */
            interface $Properties {

                /** Member id */
                id?: (string|null);

                /** Member name */
                name?: (string|null);

                /** Member region */
                region?: (string|null);

                /** Member incarnation */
                incarnation?: (string|null);

                /** Member refutation */
                refutation?: (number|null);

                /** Member status */
                status?: (number|null);

                /** Member addresses */
                addresses?: (string[]|null);

                /** Member zone */
                zone?: (string|null);

                /** Member signature */
                signature?: (Uint8Array|null);

                /** Member kinds */
                kinds?: (string|null);

                /** Member weight */
                weight?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Member. */
            type $Shape = shoal.peer.Member.$Properties;
        }

        /**
         * Properties of a Hello.
         * @deprecated Use shoal.peer.Hello.$Properties instead.
         */
        interface IHello extends shoal.peer.Hello.$Properties {
        }

        /** Represents a Hello. */
        class Hello {

            /**
             * Constructs a new Hello.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Hello.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Hello members. */
            members: shoal.peer.Member.$Properties[];

            /** Hello settled. */
            settled: boolean;

            /** Hello table. */
            table: Uint8Array;

            /** Hello twin. */
            twin: string;

            /** Hello outlived. */
            outlived: string;

            /**
             * Encodes the specified Hello message. Does not implicitly {@link shoal.peer.Hello.verify|verify} messages.
             * @param message Hello message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Hello.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Hello message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Hello & shoal.peer.Hello.$Shape} Hello
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Hello & shoal.peer.Hello.$Shape;
        }

        namespace Hello {

            /** Properties of a Hello. */
            interface $Properties {

                /** Hello members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** Hello settled */
                settled?: (boolean|null);

                /** Hello table */
                table?: (Uint8Array|null);

                /** Hello twin */
                twin?: (string|null);

                /** Hello outlived */
                outlived?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Hello. */
            type $Shape = shoal.peer.Hello.$Properties;
        }

        /**
         * Properties of a Ping.
         * @deprecated Use shoal.peer.Ping.$Properties instead.
         */
        interface IPing extends shoal.peer.Ping.$Properties {
        }

        /** Represents a Ping. */
        class Ping {

            /**
             * Constructs a new Ping.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Ping.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ping number. */
            number: number;

            /** Ping news. */
            news: shoal.peer.Member.$Properties[];

            /** Ping wallMs. */
            wallMs: number;

            /**
             * Encodes the specified Ping message. Does not implicitly {@link shoal.peer.Ping.verify|verify} messages.
             * @param message Ping message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Ping.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Ping message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Ping & shoal.peer.Ping.$Shape} Ping
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Ping & shoal.peer.Ping.$Shape;
        }

        namespace Ping {

            /** Properties of a Ping. */
            interface $Properties {

                /** Ping number */
                number?: (number|null);

                /** Ping news */
                news?: (shoal.peer.Member.$Properties[]|null);

                /** Ping wallMs */
                wallMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Ping. */
            type $Shape = shoal.peer.Ping.$Properties;
        }

        /**
         * Properties of an Ack.
         * @deprecated Use shoal.peer.Ack.$Properties instead.
         */
        interface IAck extends shoal.peer.Ack.$Properties {
        }

        /** Represents an Ack. */
        class Ack {

            /**
             * Constructs a new Ack.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Ack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Ack number. */
            number: number;

            /** Ack news. */
            news: shoal.peer.Member.$Properties[];

            /** Ack wallMs. */
            wallMs: number;

            /**
             * Encodes the specified Ack message. Does not implicitly {@link shoal.peer.Ack.verify|verify} messages.
             * @param message Ack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Ack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Ack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Ack & shoal.peer.Ack.$Shape} Ack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Ack & shoal.peer.Ack.$Shape;
        }

        namespace Ack {

            /** Properties of an Ack. */
            interface $Properties {

                /** Ack number */
                number?: (number|null);

                /** Ack news */
                news?: (shoal.peer.Member.$Properties[]|null);

                /** Ack wallMs */
                wallMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Ack. */
            type $Shape = shoal.peer.Ack.$Properties;
        }

        /**
         * Properties of a Nack.
         * @deprecated Use shoal.peer.Nack.$Properties instead.
         */
        interface INack extends shoal.peer.Nack.$Properties {
        }

        /** Represents a Nack. */
        class Nack {

            /**
             * Constructs a new Nack.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Nack.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Nack number. */
            number: number;

            /**
             * Encodes the specified Nack message. Does not implicitly {@link shoal.peer.Nack.verify|verify} messages.
             * @param message Nack message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Nack.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Nack message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Nack & shoal.peer.Nack.$Shape} Nack
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Nack & shoal.peer.Nack.$Shape;
        }

        namespace Nack {

            /** Properties of a Nack. */
            interface $Properties {

                /** Nack number */
                number?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Nack. */
            type $Shape = shoal.peer.Nack.$Properties;
        }

        /**
         * Properties of a PingRequest.
         * @deprecated Use shoal.peer.PingRequest.$Properties instead.
         */
        interface IPingRequest extends shoal.peer.PingRequest.$Properties {
        }

        /** Represents a PingRequest. */
        class PingRequest {

            /**
             * Constructs a new PingRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.PingRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PingRequest number. */
            number: number;

            /** PingRequest target. */
            target: string;

            /** PingRequest news. */
            news: shoal.peer.Member.$Properties[];

            /**
             * Encodes the specified PingRequest message. Does not implicitly {@link shoal.peer.PingRequest.verify|verify} messages.
             * @param message PingRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.PingRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PingRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.PingRequest & shoal.peer.PingRequest.$Shape} PingRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.PingRequest & shoal.peer.PingRequest.$Shape;
        }

        namespace PingRequest {

            /** Properties of a PingRequest. */
            interface $Properties {

                /** PingRequest number */
                number?: (number|null);

                /** PingRequest target */
                target?: (string|null);

                /** PingRequest news */
                news?: (shoal.peer.Member.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PingRequest. */
            type $Shape = shoal.peer.PingRequest.$Properties;
        }

        /**
         * Properties of a Beacon.
         * @deprecated Use shoal.peer.Beacon.$Properties instead.
         */
        interface IBeacon extends shoal.peer.Beacon.$Properties {
        }

        /** Represents a Beacon. */
        class Beacon {

            /**
             * Constructs a new Beacon.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Beacon.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Beacon root. */
            root: Uint8Array;

            /**
             * Encodes the specified Beacon message. Does not implicitly {@link shoal.peer.Beacon.verify|verify} messages.
             * @param message Beacon message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Beacon.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Beacon message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Beacon & shoal.peer.Beacon.$Shape} Beacon
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Beacon & shoal.peer.Beacon.$Shape;
        }

        namespace Beacon {

            /** Properties of a Beacon. */
            interface $Properties {

                /** Beacon root */
                root?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Beacon. */
            type $Shape = shoal.peer.Beacon.$Properties;
        }

        /**
         * Properties of a ShardHashes.
         * @deprecated Use shoal.peer.ShardHashes.$Properties instead.
         */
        interface IShardHashes extends shoal.peer.ShardHashes.$Properties {
        }

        /** Represents a ShardHashes. */
        class ShardHashes {

            /**
             * Constructs a new ShardHashes.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.ShardHashes.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ShardHashes hashes. */
            hashes: Uint8Array;

            /** ShardHashes shards. */
            shards: number[];

            /**
             * Encodes the specified ShardHashes message. Does not implicitly {@link shoal.peer.ShardHashes.verify|verify} messages.
             * @param message ShardHashes message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.ShardHashes.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ShardHashes message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.ShardHashes & shoal.peer.ShardHashes.$Shape} ShardHashes
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.ShardHashes & shoal.peer.ShardHashes.$Shape;
        }

        namespace ShardHashes {

            /** Properties of a ShardHashes. */
            interface $Properties {

                /** ShardHashes hashes */
                hashes?: (Uint8Array|null);

                /** ShardHashes shards */
                shards?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ShardHashes. */
            type $Shape = shoal.peer.ShardHashes.$Properties;
        }

        /**
         * Properties of a PushWanted.
         * @deprecated Use shoal.peer.PushWanted.$Properties instead.
         */
        interface IPushWanted extends shoal.peer.PushWanted.$Properties {
        }

        /** Represents a PushWanted. */
        class PushWanted {

            /**
             * Constructs a new PushWanted.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.PushWanted.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PushWanted publications. */
            publications: number[];

            /**
             * Encodes the specified PushWanted message. Does not implicitly {@link shoal.peer.PushWanted.verify|verify} messages.
             * @param message PushWanted message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.PushWanted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PushWanted message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.PushWanted & shoal.peer.PushWanted.$Shape} PushWanted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.PushWanted & shoal.peer.PushWanted.$Shape;
        }

        namespace PushWanted {

            /** Properties of a PushWanted. */
            interface $Properties {

                /** PushWanted publications */
                publications?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PushWanted. */
            type $Shape = shoal.peer.PushWanted.$Properties;
        }

        /**
         * Properties of a Stored.
         * @deprecated Use shoal.peer.Stored.$Properties instead.
         */
        interface IStored extends shoal.peer.Stored.$Properties {
        }

        /** Represents a Stored. */
        class Stored {

            /**
             * Constructs a new Stored.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Stored.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Stored pushes. */
            pushes: number[];

            /** Stored origin. */
            origin: string;

            /**
             * Encodes the specified Stored message. Does not implicitly {@link shoal.peer.Stored.verify|verify} messages.
             * @param message Stored message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Stored.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Stored message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Stored & shoal.peer.Stored.$Shape} Stored
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Stored & shoal.peer.Stored.$Shape;
        }

        namespace Stored {

            /** Properties of a Stored. */
            interface $Properties {

                /** Stored pushes */
                pushes?: (number[]|null);

                /** Stored origin */
                origin?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Stored. */
            type $Shape = shoal.peer.Stored.$Properties;
        }

        /**
         * Properties of a Flush.
         * @deprecated Use shoal.peer.Flush.$Properties instead.
         */
        interface IFlush extends shoal.peer.Flush.$Properties {
        }

        /** Represents a Flush. */
        class Flush {

            /**
             * Constructs a new Flush.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Flush.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Flush number. */
            number: number;

            /** Flush hashes. */
            hashes: Uint8Array;

            /** Flush shards. */
            shards: number[];

            /**
             * Encodes the specified Flush message. Does not implicitly {@link shoal.peer.Flush.verify|verify} messages.
             * @param message Flush message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Flush.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Flush message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Flush & shoal.peer.Flush.$Shape} Flush
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Flush & shoal.peer.Flush.$Shape;
        }

        namespace Flush {

            /** Properties of a Flush. */
            interface $Properties {

                /** Flush number */
                number?: (number|null);

                /** Flush hashes */
                hashes?: (Uint8Array|null);

                /** Flush shards */
                shards?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Flush. */
            type $Shape = shoal.peer.Flush.$Properties;
        }

        /**
         * Properties of a Flushed.
         * @deprecated Use shoal.peer.Flushed.$Properties instead.
         */
        interface IFlushed extends shoal.peer.Flushed.$Properties {
        }

        /** Represents a Flushed. */
        class Flushed {

            /**
             * Constructs a new Flushed.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Flushed.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Flushed number. */
            number: number;

            /** Flushed leaving. */
            leaving: boolean;

            /**
             * Encodes the specified Flushed message. Does not implicitly {@link shoal.peer.Flushed.verify|verify} messages.
             * @param message Flushed message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Flushed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Flushed message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Flushed & shoal.peer.Flushed.$Shape} Flushed
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Flushed & shoal.peer.Flushed.$Shape;
        }

        namespace Flushed {

            /** Properties of a Flushed. */
            interface $Properties {

                /** Flushed number */
                number?: (number|null);

                /** Flushed leaving */
                leaving?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Flushed. */
            type $Shape = shoal.peer.Flushed.$Properties;
        }

        /**
         * Properties of a Holdings.
         * @deprecated Use shoal.peer.Holdings.$Properties instead.
         */
        interface IHoldings extends shoal.peer.Holdings.$Properties {
        }

        /** Represents a Holdings. */
        class Holdings {

            /**
             * Constructs a new Holdings.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Holdings.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Holdings stored. */
            stored: number[];

            /** Holdings whole. */
            whole: number[];

            /** Holdings everyShard. */
            everyShard: boolean;

            /**
             * Encodes the specified Holdings message. Does not implicitly {@link shoal.peer.Holdings.verify|verify} messages.
             * @param message Holdings message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Holdings.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Holdings message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Holdings & shoal.peer.Holdings.$Shape} Holdings
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Holdings & shoal.peer.Holdings.$Shape;
        }

        namespace Holdings {

            /** Properties of a Holdings. */
            interface $Properties {

                /** Holdings stored */
                stored?: (number[]|null);

                /** Holdings whole */
                whole?: (number[]|null);

                /** Holdings everyShard */
                everyShard?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Holdings. */
            type $Shape = shoal.peer.Holdings.$Properties;
        }

        /**
         * Properties of a Push.
         * @deprecated Use shoal.peer.Push.$Properties instead.
         */
        interface IPush extends shoal.peer.Push.$Properties {
        }

        /** Represents a Push. */
        class Push {

            /**
             * Constructs a new Push.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Push.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Push number. */
            number: number;

            /** Push wantsStored. */
            wantsStored: boolean;

            /** Push batch. */
            batch: Uint8Array;

            /** Push publication. */
            publication: number;

            /**
             * Encodes the specified Push message. Does not implicitly {@link shoal.peer.Push.verify|verify} messages.
             * @param message Push message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Push.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Push message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Push & shoal.peer.Push.$Shape} Push
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Push & shoal.peer.Push.$Shape;
        }

        namespace Push {

            /** Properties of a Push. */
            interface $Properties {

                /** Push number */
                number?: (number|null);

                /** Push wantsStored */
                wantsStored?: (boolean|null);

                /** Push batch */
                batch?: (Uint8Array|null);

                /** Push publication */
                publication?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Push. */
            type $Shape = shoal.peer.Push.$Properties;
        }

        /**
         * Properties of a Bulk.
         * @deprecated Use shoal.peer.Bulk.$Properties instead.
         */
        interface IBulk extends shoal.peer.Bulk.$Properties {
        }

        /** Represents a Bulk. */
        class Bulk {

            /**
             * Constructs a new Bulk.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Bulk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Bulk catchUp. */
            catchUp?: (shoal.peer.CatchUp.$Properties|null);

            /** Bulk chunk. */
            chunk?: (shoal.peer.Chunk.$Properties|null);

            /** Bulk chunkTaken. */
            chunkTaken?: (shoal.peer.ChunkTaken.$Properties|null);

            /** Bulk end. */
            end?: (shoal.peer.CatchUpEnd.$Properties|null);

            /** Bulk rangeQuery. */
            rangeQuery?: (shoal.peer.RangeQuery.$Properties|null);

            /** Bulk rangeAnswer. */
            rangeAnswer?: (shoal.peer.RangeAnswer.$Properties|null);

            /** Bulk prefixQuery. */
            prefixQuery?: (shoal.peer.PrefixQuery.$Properties|null);

            /** Bulk prefixReply. */
            prefixReply?: (shoal.peer.PrefixReply.$Properties|null);

            /** Bulk body. */
            body?: ("catchUp"|"chunk"|"chunkTaken"|"end"|"rangeQuery"|"rangeAnswer"|"prefixQuery"|"prefixReply");

            /**
             * Encodes the specified Bulk message. Does not implicitly {@link shoal.peer.Bulk.verify|verify} messages.
             * @param message Bulk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Bulk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Bulk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Bulk & shoal.peer.Bulk.$Shape} Bulk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Bulk & shoal.peer.Bulk.$Shape;
        }

        namespace Bulk {

            /** Properties of a Bulk. */
            interface $Properties {

                /** Bulk catchUp */
                catchUp?: (shoal.peer.CatchUp.$Properties|null);

                /** Bulk chunk */
                chunk?: (shoal.peer.Chunk.$Properties|null);

                /** Bulk chunkTaken */
                chunkTaken?: (shoal.peer.ChunkTaken.$Properties|null);

                /** Bulk end */
                end?: (shoal.peer.CatchUpEnd.$Properties|null);

                /** Bulk rangeQuery */
                rangeQuery?: (shoal.peer.RangeQuery.$Properties|null);

                /** Bulk rangeAnswer */
                rangeAnswer?: (shoal.peer.RangeAnswer.$Properties|null);

                /** Bulk prefixQuery */
                prefixQuery?: (shoal.peer.PrefixQuery.$Properties|null);

                /** Bulk prefixReply */
                prefixReply?: (shoal.peer.PrefixReply.$Properties|null);

                /** Bulk body */
                body?: ("catchUp"|"chunk"|"chunkTaken"|"end"|"rangeQuery"|"rangeAnswer"|"prefixQuery"|"prefixReply");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Bulk. */
            type $Shape = {
              catchUp?: shoal.peer.CatchUp.$Shape|null;
              chunk?: shoal.peer.Chunk.$Shape|null;
              chunkTaken?: shoal.peer.ChunkTaken.$Shape|null;
              end?: shoal.peer.CatchUpEnd.$Shape|null;
              rangeQuery?: shoal.peer.RangeQuery.$Shape|null;
              rangeAnswer?: shoal.peer.RangeAnswer.$Shape|null;
              prefixQuery?: shoal.peer.PrefixQuery.$Shape|null;
              prefixReply?: shoal.peer.PrefixReply.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "catchUp"; catchUp: shoal.peer.CatchUp.$Shape; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "chunk"; catchUp?: null; chunk: shoal.peer.Chunk.$Shape; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "chunkTaken"; catchUp?: null; chunk?: null; chunkTaken: shoal.peer.ChunkTaken.$Shape; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "end"; catchUp?: null; chunk?: null; chunkTaken?: null; end: shoal.peer.CatchUpEnd.$Shape; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "rangeQuery"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery: shoal.peer.RangeQuery.$Shape; rangeAnswer?: null; prefixQuery?: null; prefixReply?: null }|{ body?: "rangeAnswer"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer: shoal.peer.RangeAnswer.$Shape; prefixQuery?: null; prefixReply?: null }|{ body?: "prefixQuery"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery: shoal.peer.PrefixQuery.$Shape; prefixReply?: null }|{ body?: "prefixReply"; catchUp?: null; chunk?: null; chunkTaken?: null; end?: null; rangeQuery?: null; rangeAnswer?: null; prefixQuery?: null; prefixReply: shoal.peer.PrefixReply.$Shape })
            );
        }

        /**
         * Properties of a CatchUp.
         * @deprecated Use shoal.peer.CatchUp.$Properties instead.
         */
        interface ICatchUp extends shoal.peer.CatchUp.$Properties {
        }

        /** Represents a CatchUp. */
        class CatchUp {

            /**
             * Constructs a new CatchUp.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.CatchUp.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CatchUp session. */
            session: number;

            /** CatchUp shards. */
            shards: shoal.peer.ShardState.$Properties[];

            /** CatchUp claim. */
            claim: boolean;

            /** CatchUp members. */
            members: shoal.peer.Member.$Properties[];

            /** CatchUp contexts. */
            contexts: Uint8Array;

            /** CatchUp table. */
            table: Uint8Array;

            /**
             * Encodes the specified CatchUp message. Does not implicitly {@link shoal.peer.CatchUp.verify|verify} messages.
             * @param message CatchUp message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.CatchUp.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CatchUp message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.CatchUp & shoal.peer.CatchUp.$Shape} CatchUp
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.CatchUp & shoal.peer.CatchUp.$Shape;
        }

        namespace CatchUp {

            /** Properties of a CatchUp. */
            interface $Properties {

                /** CatchUp session */
                session?: (number|null);

                /** CatchUp shards */
                shards?: (shoal.peer.ShardState.$Properties[]|null);

                /** CatchUp claim */
                claim?: (boolean|null);

                /** CatchUp members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** CatchUp contexts */
                contexts?: (Uint8Array|null);

                /** CatchUp table */
                table?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CatchUp. */
            type $Shape = shoal.peer.CatchUp.$Properties;
        }

        /**
         * Properties of a ShardState.
         * @deprecated Use shoal.peer.ShardState.$Properties instead.
         */
        interface IShardState extends shoal.peer.ShardState.$Properties {
        }

        /** Represents a ShardState. */
        class ShardState {

            /**
             * Constructs a new ShardState.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.ShardState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ShardState shard. */
            shard: number;

            /** ShardState everything. */
            everything: boolean;

            /** ShardState hash. */
            hash: Uint8Array;

            /** ShardState actors. */
            actors: string[];

            /**
             * Encodes the specified ShardState message. Does not implicitly {@link shoal.peer.ShardState.verify|verify} messages.
             * @param message ShardState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.ShardState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ShardState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.ShardState & shoal.peer.ShardState.$Shape} ShardState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.ShardState & shoal.peer.ShardState.$Shape;
        }

        namespace ShardState {

            /** Properties of a ShardState. */
            interface $Properties {

                /** ShardState shard */
                shard?: (number|null);

                /** ShardState everything */
                everything?: (boolean|null);

                /** ShardState hash */
                hash?: (Uint8Array|null);

                /** ShardState actors */
                actors?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ShardState. */
            type $Shape = shoal.peer.ShardState.$Properties;
        }

        /**
         * Properties of a Chunk.
         * @deprecated Use shoal.peer.Chunk.$Properties instead.
         */
        interface IChunk extends shoal.peer.Chunk.$Properties {
        }

        /** Represents a Chunk. */
        class Chunk {

            /**
             * Constructs a new Chunk.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Chunk.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Chunk session. */
            session: number;

            /** Chunk number. */
            number: number;

            /** Chunk body. */
            body: Uint8Array;

            /** Chunk more. */
            more: boolean;

            /** Chunk last. */
            last: boolean;

            /** Chunk members. */
            members: shoal.peer.Member.$Properties[];

            /** Chunk refused. */
            refused: number[];

            /** Chunk compare. */
            compare: number[];

            /** Chunk inFull. */
            inFull: number[];

            /**
             * Encodes the specified Chunk message. Does not implicitly {@link shoal.peer.Chunk.verify|verify} messages.
             * @param message Chunk message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Chunk.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Chunk message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Chunk & shoal.peer.Chunk.$Shape} Chunk
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Chunk & shoal.peer.Chunk.$Shape;
        }

        namespace Chunk {

            /** Properties of a Chunk. */
            interface $Properties {

                /** Chunk session */
                session?: (number|null);

                /** Chunk number */
                number?: (number|null);

                /** Chunk body */
                body?: (Uint8Array|null);

                /** Chunk more */
                more?: (boolean|null);

                /** Chunk last */
                last?: (boolean|null);

                /** Chunk members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** Chunk refused */
                refused?: (number[]|null);

                /** Chunk compare */
                compare?: (number[]|null);

                /** Chunk inFull */
                inFull?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Chunk. */
            type $Shape = shoal.peer.Chunk.$Properties;
        }

        /**
         * Properties of a ChunkTaken.
         * @deprecated Use shoal.peer.ChunkTaken.$Properties instead.
         */
        interface IChunkTaken extends shoal.peer.ChunkTaken.$Properties {
        }

        /** Represents a ChunkTaken. */
        class ChunkTaken {

            /**
             * Constructs a new ChunkTaken.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.ChunkTaken.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ChunkTaken session. */
            session: number;

            /** ChunkTaken number. */
            number: number;

            /**
             * Encodes the specified ChunkTaken message. Does not implicitly {@link shoal.peer.ChunkTaken.verify|verify} messages.
             * @param message ChunkTaken message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.ChunkTaken.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ChunkTaken message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.ChunkTaken & shoal.peer.ChunkTaken.$Shape} ChunkTaken
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.ChunkTaken & shoal.peer.ChunkTaken.$Shape;
        }

        namespace ChunkTaken {

            /** Properties of a ChunkTaken. */
            interface $Properties {

                /** ChunkTaken session */
                session?: (number|null);

                /** ChunkTaken number */
                number?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ChunkTaken. */
            type $Shape = shoal.peer.ChunkTaken.$Properties;
        }

        /**
         * Properties of a CatchUpEnd.
         * @deprecated Use shoal.peer.CatchUpEnd.$Properties instead.
         */
        interface ICatchUpEnd extends shoal.peer.CatchUpEnd.$Properties {
        }

        /** Represents a CatchUpEnd. */
        class CatchUpEnd {

            /**
             * Constructs a new CatchUpEnd.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.CatchUpEnd.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** CatchUpEnd session. */
            session: number;

            /** CatchUpEnd reason. */
            reason: string;

            /** CatchUpEnd members. */
            members: shoal.peer.Member.$Properties[];

            /** CatchUpEnd givenUp. */
            givenUp: boolean;

            /**
             * Encodes the specified CatchUpEnd message. Does not implicitly {@link shoal.peer.CatchUpEnd.verify|verify} messages.
             * @param message CatchUpEnd message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.CatchUpEnd.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a CatchUpEnd message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.CatchUpEnd & shoal.peer.CatchUpEnd.$Shape} CatchUpEnd
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.CatchUpEnd & shoal.peer.CatchUpEnd.$Shape;
        }

        namespace CatchUpEnd {

            /** Properties of a CatchUpEnd. */
            interface $Properties {

                /** CatchUpEnd session */
                session?: (number|null);

                /** CatchUpEnd reason */
                reason?: (string|null);

                /** CatchUpEnd members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** CatchUpEnd givenUp */
                givenUp?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a CatchUpEnd. */
            type $Shape = shoal.peer.CatchUpEnd.$Properties;
        }

        /**
         * Properties of a RangeQuery.
         * @deprecated Use shoal.peer.RangeQuery.$Properties instead.
         */
        interface IRangeQuery extends shoal.peer.RangeQuery.$Properties {
        }

        /** Represents a RangeQuery. */
        class RangeQuery {

            /**
             * Constructs a new RangeQuery.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RangeQuery.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RangeQuery session. */
            session: number;

            /** RangeQuery shard. */
            shard: number;

            /** RangeQuery ranges. */
            ranges: shoal.peer.NameRange.$Properties[];

            /** RangeQuery mutual. */
            mutual: boolean;

            /** RangeQuery compare. */
            compare: number;

            /** RangeQuery over. */
            over: boolean;

            /**
             * Encodes the specified RangeQuery message. Does not implicitly {@link shoal.peer.RangeQuery.verify|verify} messages.
             * @param message RangeQuery message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RangeQuery.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RangeQuery message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RangeQuery & shoal.peer.RangeQuery.$Shape} RangeQuery
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RangeQuery & shoal.peer.RangeQuery.$Shape;
        }

        namespace RangeQuery {

            /** Properties of a RangeQuery. */
            interface $Properties {

                /** RangeQuery session */
                session?: (number|null);

                /** RangeQuery shard */
                shard?: (number|null);

                /** RangeQuery ranges */
                ranges?: (shoal.peer.NameRange.$Properties[]|null);

                /** RangeQuery mutual */
                mutual?: (boolean|null);

                /** RangeQuery compare */
                compare?: (number|null);

                /** RangeQuery over */
                over?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RangeQuery. */
            type $Shape = shoal.peer.RangeQuery.$Properties;
        }

        /**
         * Properties of a NameRange.
         * @deprecated Use shoal.peer.NameRange.$Properties instead.
         */
        interface INameRange extends shoal.peer.NameRange.$Properties {
        }

        /** Represents a NameRange. */
        class NameRange {

            /**
             * Constructs a new NameRange.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.NameRange.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** NameRange from. */
            from: string;

            /** NameRange to. */
            to: string;

            /**
             * Encodes the specified NameRange message. Does not implicitly {@link shoal.peer.NameRange.verify|verify} messages.
             * @param message NameRange message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.NameRange.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a NameRange message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.NameRange & shoal.peer.NameRange.$Shape} NameRange
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.NameRange & shoal.peer.NameRange.$Shape;
        }

        namespace NameRange {

            /** Properties of a NameRange. */
            interface $Properties {

                /** NameRange from */
                from?: (string|null);

                /** NameRange to */
                to?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a NameRange. */
            type $Shape = shoal.peer.NameRange.$Properties;
        }

        /**
         * Properties of a RangeAnswer.
         * @deprecated Use shoal.peer.RangeAnswer.$Properties instead.
         */
        interface IRangeAnswer extends shoal.peer.RangeAnswer.$Properties {
        }

        /** Represents a RangeAnswer. */
        class RangeAnswer {

            /**
             * Constructs a new RangeAnswer.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RangeAnswer.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RangeAnswer session. */
            session: number;

            /** RangeAnswer context. */
            context: Uint8Array;

            /** RangeAnswer floor. */
            floor: Uint8Array;

            /** RangeAnswer ranges. */
            ranges: shoal.peer.RangeSums.$Properties[];

            /** RangeAnswer refused. */
            refused: string;

            /** RangeAnswer same. */
            same: boolean;

            /**
             * Encodes the specified RangeAnswer message. Does not implicitly {@link shoal.peer.RangeAnswer.verify|verify} messages.
             * @param message RangeAnswer message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RangeAnswer.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RangeAnswer message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RangeAnswer & shoal.peer.RangeAnswer.$Shape} RangeAnswer
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RangeAnswer & shoal.peer.RangeAnswer.$Shape;
        }

        namespace RangeAnswer {

            /** Properties of a RangeAnswer. */
            interface $Properties {

                /** RangeAnswer session */
                session?: (number|null);

                /** RangeAnswer context */
                context?: (Uint8Array|null);

                /** RangeAnswer floor */
                floor?: (Uint8Array|null);

                /** RangeAnswer ranges */
                ranges?: (shoal.peer.RangeSums.$Properties[]|null);

                /** RangeAnswer refused */
                refused?: (string|null);

                /** RangeAnswer same */
                same?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RangeAnswer. */
            type $Shape = shoal.peer.RangeAnswer.$Properties;
        }

        /**
         * Properties of a RangeSums.
         * @deprecated Use shoal.peer.RangeSums.$Properties instead.
         */
        interface IRangeSums extends shoal.peer.RangeSums.$Properties {
        }

        /** Represents a RangeSums. */
        class RangeSums {

            /**
             * Constructs a new RangeSums.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RangeSums.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RangeSums cuts. */
            cuts: string[];

            /** RangeSums sums. */
            sums: Uint8Array;

            /** RangeSums actors. */
            actors: string[];

            /**
             * Encodes the specified RangeSums message. Does not implicitly {@link shoal.peer.RangeSums.verify|verify} messages.
             * @param message RangeSums message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RangeSums.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RangeSums message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RangeSums & shoal.peer.RangeSums.$Shape} RangeSums
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RangeSums & shoal.peer.RangeSums.$Shape;
        }

        namespace RangeSums {

            /** Properties of a RangeSums. */
            interface $Properties {

                /** RangeSums cuts */
                cuts?: (string[]|null);

                /** RangeSums sums */
                sums?: (Uint8Array|null);

                /** RangeSums actors */
                actors?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RangeSums. */
            type $Shape = shoal.peer.RangeSums.$Properties;
        }

        /**
         * Properties of a PrefixQuery.
         * @deprecated Use shoal.peer.PrefixQuery.$Properties instead.
         */
        interface IPrefixQuery extends shoal.peer.PrefixQuery.$Properties {
        }

        /** Represents a PrefixQuery. */
        class PrefixQuery {

            /**
             * Constructs a new PrefixQuery.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.PrefixQuery.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PrefixQuery number. */
            number: number;

            /** PrefixQuery prefixes. */
            prefixes: shoal.peer.Prefix.$Properties[];

            /**
             * Encodes the specified PrefixQuery message. Does not implicitly {@link shoal.peer.PrefixQuery.verify|verify} messages.
             * @param message PrefixQuery message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.PrefixQuery.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PrefixQuery message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.PrefixQuery & shoal.peer.PrefixQuery.$Shape} PrefixQuery
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.PrefixQuery & shoal.peer.PrefixQuery.$Shape;
        }

        namespace PrefixQuery {

            /** Properties of a PrefixQuery. */
            interface $Properties {

                /** PrefixQuery number */
                number?: (number|null);

                /** PrefixQuery prefixes */
                prefixes?: (shoal.peer.Prefix.$Properties[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PrefixQuery. */
            type $Shape = shoal.peer.PrefixQuery.$Properties;
        }

        /**
         * Properties of a Prefix.
         * @deprecated Use shoal.peer.Prefix.$Properties instead.
         */
        interface IPrefix extends shoal.peer.Prefix.$Properties {
        }

        /** Represents a Prefix. */
        class Prefix {

            /**
             * Constructs a new Prefix.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Prefix.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Prefix shard. */
            shard: number;

            /** Prefix hash. */
            hash: Uint8Array;

            /** Prefix context. */
            context: Uint8Array;

            /** Prefix whole. */
            whole: Uint8Array;

            /**
             * Encodes the specified Prefix message. Does not implicitly {@link shoal.peer.Prefix.verify|verify} messages.
             * @param message Prefix message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Prefix.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Prefix message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Prefix & shoal.peer.Prefix.$Shape} Prefix
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Prefix & shoal.peer.Prefix.$Shape;
        }

        namespace Prefix {

            /** Properties of a Prefix. */
            interface $Properties {

                /** Prefix shard */
                shard?: (number|null);

                /** Prefix hash */
                hash?: (Uint8Array|null);

                /** Prefix context */
                context?: (Uint8Array|null);

                /** Prefix whole */
                whole?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Prefix. */
            type $Shape = shoal.peer.Prefix.$Properties;
        }

        /**
         * Properties of a PrefixReply.
         * @deprecated Use shoal.peer.PrefixReply.$Properties instead.
         */
        interface IPrefixReply extends shoal.peer.PrefixReply.$Properties {
        }

        /** Represents a PrefixReply. */
        class PrefixReply {

            /**
             * Constructs a new PrefixReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.PrefixReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** PrefixReply number. */
            number: number;

            /** PrefixReply shards. */
            shards: number[];

            /** PrefixReply inFull. */
            inFull: number[];

            /**
             * Encodes the specified PrefixReply message. Does not implicitly {@link shoal.peer.PrefixReply.verify|verify} messages.
             * @param message PrefixReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.PrefixReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a PrefixReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.PrefixReply & shoal.peer.PrefixReply.$Shape} PrefixReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.PrefixReply & shoal.peer.PrefixReply.$Shape;
        }

        namespace PrefixReply {

            /** Properties of a PrefixReply. */
            interface $Properties {

                /** PrefixReply number */
                number?: (number|null);

                /** PrefixReply shards */
                shards?: (number[]|null);

                /** PrefixReply inFull */
                inFull?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a PrefixReply. */
            type $Shape = shoal.peer.PrefixReply.$Properties;
        }

        /**
         * Properties of a Calls.
         * @deprecated Use shoal.peer.Calls.$Properties instead.
         */
        interface ICalls extends shoal.peer.Calls.$Properties {
        }

        /** Represents a Calls. */
        class Calls {

            /**
             * Constructs a new Calls.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Calls.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Calls call. */
            call?: (shoal.peer.Call.$Properties|null);

            /** Calls reply. */
            reply?: (shoal.peer.Reply.$Properties|null);

            /** Calls rightsRequest. */
            rightsRequest?: (shoal.peer.RightsRequest.$Properties|null);

            /** Calls rightsReply. */
            rightsReply?: (shoal.peer.RightsReply.$Properties|null);

            /** Calls rowsRequest. */
            rowsRequest?: (shoal.peer.RowsRequest.$Properties|null);

            /** Calls rowsReply. */
            rowsReply?: (shoal.peer.RowsReply.$Properties|null);

            /** Calls readRequest. */
            readRequest?: (shoal.peer.ReadRequest.$Properties|null);

            /** Calls readReply. */
            readReply?: (shoal.peer.ReadReply.$Properties|null);

            /** Calls watch. */
            watch?: (shoal.peer.Watch.$Properties|null);

            /** Calls watchState. */
            watchState?: (shoal.peer.WatchState.$Properties|null);

            /** Calls watchTaken. */
            watchTaken?: (shoal.peer.WatchTaken.$Properties|null);

            /** Calls watchEnd. */
            watchEnd?: (shoal.peer.WatchEnd.$Properties|null);

            /** Calls kindsRequest. */
            kindsRequest?: (shoal.peer.KindsRequest.$Properties|null);

            /** Calls kindsReply. */
            kindsReply?: (shoal.peer.KindsReply.$Properties|null);

            /** Calls lease. */
            lease?: (shoal.peer.Lease.$Properties|null);

            /** Calls body. */
            body?: ("call"|"reply"|"rightsRequest"|"rightsReply"|"rowsRequest"|"rowsReply"|"readRequest"|"readReply"|"watch"|"watchState"|"watchTaken"|"watchEnd"|"kindsRequest"|"kindsReply"|"lease");

            /**
             * Encodes the specified Calls message. Does not implicitly {@link shoal.peer.Calls.verify|verify} messages.
             * @param message Calls message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Calls.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Calls message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Calls & shoal.peer.Calls.$Shape} Calls
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Calls & shoal.peer.Calls.$Shape;
        }

        namespace Calls {

            /** Properties of a Calls. */
            interface $Properties {

                /** Calls call */
                call?: (shoal.peer.Call.$Properties|null);

                /** Calls reply */
                reply?: (shoal.peer.Reply.$Properties|null);

                /** Calls rightsRequest */
                rightsRequest?: (shoal.peer.RightsRequest.$Properties|null);

                /** Calls rightsReply */
                rightsReply?: (shoal.peer.RightsReply.$Properties|null);

                /** Calls rowsRequest */
                rowsRequest?: (shoal.peer.RowsRequest.$Properties|null);

                /** Calls rowsReply */
                rowsReply?: (shoal.peer.RowsReply.$Properties|null);

                /** Calls readRequest */
                readRequest?: (shoal.peer.ReadRequest.$Properties|null);

                /** Calls readReply */
                readReply?: (shoal.peer.ReadReply.$Properties|null);

                /** Calls watch */
                watch?: (shoal.peer.Watch.$Properties|null);

                /** Calls watchState */
                watchState?: (shoal.peer.WatchState.$Properties|null);

                /** Calls watchTaken */
                watchTaken?: (shoal.peer.WatchTaken.$Properties|null);

                /** Calls watchEnd */
                watchEnd?: (shoal.peer.WatchEnd.$Properties|null);

                /** Calls kindsRequest */
                kindsRequest?: (shoal.peer.KindsRequest.$Properties|null);

                /** Calls kindsReply */
                kindsReply?: (shoal.peer.KindsReply.$Properties|null);

                /** Calls lease */
                lease?: (shoal.peer.Lease.$Properties|null);

                /** Calls body */
                body?: ("call"|"reply"|"rightsRequest"|"rightsReply"|"rowsRequest"|"rowsReply"|"readRequest"|"readReply"|"watch"|"watchState"|"watchTaken"|"watchEnd"|"kindsRequest"|"kindsReply"|"lease");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Calls. */
            type $Shape = {
              call?: shoal.peer.Call.$Shape|null;
              reply?: shoal.peer.Reply.$Shape|null;
              rightsRequest?: shoal.peer.RightsRequest.$Shape|null;
              rightsReply?: shoal.peer.RightsReply.$Shape|null;
              rowsRequest?: shoal.peer.RowsRequest.$Shape|null;
              rowsReply?: shoal.peer.RowsReply.$Shape|null;
              readRequest?: shoal.peer.ReadRequest.$Shape|null;
              readReply?: shoal.peer.ReadReply.$Shape|null;
              watch?: shoal.peer.Watch.$Shape|null;
              watchState?: shoal.peer.WatchState.$Shape|null;
              watchTaken?: shoal.peer.WatchTaken.$Shape|null;
              watchEnd?: shoal.peer.WatchEnd.$Shape|null;
              kindsRequest?: shoal.peer.KindsRequest.$Shape|null;
              kindsReply?: shoal.peer.KindsReply.$Shape|null;
              lease?: shoal.peer.Lease.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "call"; call: shoal.peer.Call.$Shape; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "reply"; call?: null; reply: shoal.peer.Reply.$Shape; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rightsRequest"; call?: null; reply?: null; rightsRequest: shoal.peer.RightsRequest.$Shape; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rightsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply: shoal.peer.RightsReply.$Shape; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rowsRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest: shoal.peer.RowsRequest.$Shape; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "rowsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply: shoal.peer.RowsReply.$Shape; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "readRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest: shoal.peer.ReadRequest.$Shape; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "readReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply: shoal.peer.ReadReply.$Shape; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watch"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch: shoal.peer.Watch.$Shape; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchState"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState: shoal.peer.WatchState.$Shape; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchTaken"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken: shoal.peer.WatchTaken.$Shape; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "watchEnd"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd: shoal.peer.WatchEnd.$Shape; kindsRequest?: null; kindsReply?: null; lease?: null }|{ body?: "kindsRequest"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest: shoal.peer.KindsRequest.$Shape; kindsReply?: null; lease?: null }|{ body?: "kindsReply"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply: shoal.peer.KindsReply.$Shape; lease?: null }|{ body?: "lease"; call?: null; reply?: null; rightsRequest?: null; rightsReply?: null; rowsRequest?: null; rowsReply?: null; readRequest?: null; readReply?: null; watch?: null; watchState?: null; watchTaken?: null; watchEnd?: null; kindsRequest?: null; kindsReply?: null; lease: shoal.peer.Lease.$Shape })
            );
        }

        /**
         * Properties of a Call.
         * @deprecated Use shoal.peer.Call.$Properties instead.
         */
        interface ICall extends shoal.peer.Call.$Properties {
        }

        /** Represents a Call. */
        class Call {

            /**
             * Constructs a new Call.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Call.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Call number. */
            number: number;

            /** Call actor. */
            actor: string;

            /** Call method. */
            method: string;

            /** Call argument. */
            argument: Uint8Array;

            /** Call session. */
            session: string;

            /** Call request. */
            request: number;

            /** Call lowWater. */
            lowWater: number;

            /** Call deadlineMs. */
            deadlineMs: number;

            /** Call force. */
            force: boolean;

            /** Call members. */
            members: shoal.peer.Member.$Properties[];

            /** Call acknowledge. */
            acknowledge: number;

            /** Call unanswered. */
            unanswered: string[];

            /** Call read. */
            read: number;

            /** Call relayTo. */
            relayTo: string;

            /** Call view. */
            view: Uint8Array;

            /** Call leased. */
            leased: boolean;

            /** Call sent. */
            sent: boolean;

            /** Call issued. */
            issued: number;

            /**
             * Encodes the specified Call message. Does not implicitly {@link shoal.peer.Call.verify|verify} messages.
             * @param message Call message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Call.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Call message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Call & shoal.peer.Call.$Shape} Call
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Call & shoal.peer.Call.$Shape;
        }

        namespace Call {

            /** Properties of a Call. */
            interface $Properties {

                /** Call number */
                number?: (number|null);

                /** Call actor */
                actor?: (string|null);

                /** Call method */
                method?: (string|null);

                /** Call argument */
                argument?: (Uint8Array|null);

                /** Call session */
                session?: (string|null);

                /** Call request */
                request?: (number|null);

                /** Call lowWater */
                lowWater?: (number|null);

                /** Call deadlineMs */
                deadlineMs?: (number|null);

                /** Call force */
                force?: (boolean|null);

                /** Call members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** Call acknowledge */
                acknowledge?: (number|null);

                /** Call unanswered */
                unanswered?: (string[]|null);

                /** Call read */
                read?: (number|null);

                /** Call relayTo */
                relayTo?: (string|null);

                /** Call view */
                view?: (Uint8Array|null);

                /** Call leased */
                leased?: (boolean|null);

                /** Call sent */
                sent?: (boolean|null);

                /** Call issued */
                issued?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Call. */
            type $Shape = shoal.peer.Call.$Properties;
        }

        /**
         * Properties of a Reply.
         * @deprecated Use shoal.peer.Reply.$Properties instead.
         */
        interface IReply extends shoal.peer.Reply.$Properties {
        }

        /** Represents a Reply. */
        class Reply {

            /**
             * Constructs a new Reply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Reply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Reply number. */
            number: number;

            /** Reply result. */
            result?: (Uint8Array|null);

            /** Reply failure. */
            failure?: (shoal.peer.Failure.$Properties|null);

            /** Reply moved. */
            moved?: (shoal.peer.Moved.$Properties|null);

            /** Reply unreached. */
            unreached?: (shoal.peer.Unreached.$Properties|null);

            /** Reply stale. */
            stale?: (number|null);

            /** Reply outcome. */
            outcome?: ("result"|"failure"|"moved"|"unreached"|"stale");

            /**
             * Encodes the specified Reply message. Does not implicitly {@link shoal.peer.Reply.verify|verify} messages.
             * @param message Reply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Reply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Reply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Reply & shoal.peer.Reply.$Shape} Reply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Reply & shoal.peer.Reply.$Shape;
        }

        namespace Reply {

            /** Properties of a Reply. */
            interface $Properties {

                /** Reply number */
                number?: (number|null);

                /** Reply result */
                result?: (Uint8Array|null);

                /** Reply failure */
                failure?: (shoal.peer.Failure.$Properties|null);

                /** Reply moved */
                moved?: (shoal.peer.Moved.$Properties|null);

                /** Reply unreached */
                unreached?: (shoal.peer.Unreached.$Properties|null);

                /** Reply stale */
                stale?: (number|null);

                /** Reply outcome */
                outcome?: ("result"|"failure"|"moved"|"unreached"|"stale");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Reply. */
            type $Shape = {
              number?: number|null;
              result?: Uint8Array|null;
              failure?: shoal.peer.Failure.$Shape|null;
              moved?: shoal.peer.Moved.$Shape|null;
              unreached?: shoal.peer.Unreached.$Shape|null;
              stale?: number|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ outcome?: undefined; result?: null; failure?: null; moved?: null; unreached?: null; stale?: null }|{ outcome?: "result"; result: Uint8Array; failure?: null; moved?: null; unreached?: null; stale?: null }|{ outcome?: "failure"; result?: null; failure: shoal.peer.Failure.$Shape; moved?: null; unreached?: null; stale?: null }|{ outcome?: "moved"; result?: null; failure?: null; moved: shoal.peer.Moved.$Shape; unreached?: null; stale?: null }|{ outcome?: "unreached"; result?: null; failure?: null; moved?: null; unreached: shoal.peer.Unreached.$Shape; stale?: null }|{ outcome?: "stale"; result?: null; failure?: null; moved?: null; unreached?: null; stale: number })
            );
        }

        /**
         * Properties of an Unreached.
         * @deprecated Use shoal.peer.Unreached.$Properties instead.
         */
        interface IUnreached extends shoal.peer.Unreached.$Properties {
        }

        /** Represents an Unreached. */
        class Unreached {

            /**
             * Constructs a new Unreached.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Unreached.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Unreached mayHaveRun. */
            mayHaveRun: boolean;

            /**
             * Encodes the specified Unreached message. Does not implicitly {@link shoal.peer.Unreached.verify|verify} messages.
             * @param message Unreached message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Unreached.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an Unreached message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Unreached & shoal.peer.Unreached.$Shape} Unreached
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Unreached & shoal.peer.Unreached.$Shape;
        }

        namespace Unreached {

            /** Properties of an Unreached. */
            interface $Properties {

                /** Unreached mayHaveRun */
                mayHaveRun?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an Unreached. */
            type $Shape = shoal.peer.Unreached.$Properties;
        }

        /**
         * Properties of a Failure.
         * @deprecated Use shoal.peer.Failure.$Properties instead.
         */
        interface IFailure extends shoal.peer.Failure.$Properties {
        }

        /** Represents a Failure. */
        class Failure {

            /**
             * Constructs a new Failure.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Failure.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Failure code. */
            code: string;

            /** Failure message. */
            message: string;

            /** Failure retryable. */
            retryable: boolean;

            /** Failure refusal. */
            refusal: boolean;

            /** Failure notRun. */
            notRun: boolean;

            /**
             * Encodes the specified Failure message. Does not implicitly {@link shoal.peer.Failure.verify|verify} messages.
             * @param message Failure message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Failure.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Failure message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Failure & shoal.peer.Failure.$Shape} Failure
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Failure & shoal.peer.Failure.$Shape;
        }

        namespace Failure {

            /** Properties of a Failure. */
            interface $Properties {

                /** Failure code */
                code?: (string|null);

                /** Failure message */
                message?: (string|null);

                /** Failure retryable */
                retryable?: (boolean|null);

                /** Failure refusal */
                refusal?: (boolean|null);

                /** Failure notRun */
                notRun?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Failure. */
            type $Shape = shoal.peer.Failure.$Properties;
        }

        /**
         * Properties of a Moved.
         * @deprecated Use shoal.peer.Moved.$Properties instead.
         */
        interface IMoved extends shoal.peer.Moved.$Properties {
        }

        /** Represents a Moved. */
        class Moved {

            /**
             * Constructs a new Moved.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Moved.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Moved members. */
            members: shoal.peer.Member.$Properties[];

            /** Moved view. */
            view: Uint8Array;

            /**
             * Encodes the specified Moved message. Does not implicitly {@link shoal.peer.Moved.verify|verify} messages.
             * @param message Moved message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Moved.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Moved message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Moved & shoal.peer.Moved.$Shape} Moved
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Moved & shoal.peer.Moved.$Shape;
        }

        namespace Moved {

            /** Properties of a Moved. */
            interface $Properties {

                /** Moved members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** Moved view */
                view?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Moved. */
            type $Shape = shoal.peer.Moved.$Properties;
        }

        /**
         * Properties of a ReadRequest.
         * @deprecated Use shoal.peer.ReadRequest.$Properties instead.
         */
        interface IReadRequest extends shoal.peer.ReadRequest.$Properties {
        }

        /** Represents a ReadRequest. */
        class ReadRequest {

            /**
             * Constructs a new ReadRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.ReadRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReadRequest number. */
            number: number;

            /** ReadRequest actor. */
            actor: string;

            /** ReadRequest shard. */
            shard: number;

            /** ReadRequest digest. */
            digest: Uint8Array;

            /** ReadRequest context. */
            context: Uint8Array;

            /** ReadRequest seen. */
            seen: Uint8Array;

            /**
             * Encodes the specified ReadRequest message. Does not implicitly {@link shoal.peer.ReadRequest.verify|verify} messages.
             * @param message ReadRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.ReadRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReadRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.ReadRequest & shoal.peer.ReadRequest.$Shape} ReadRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.ReadRequest & shoal.peer.ReadRequest.$Shape;
        }

        namespace ReadRequest {

            /** Properties of a ReadRequest. */
            interface $Properties {

                /** ReadRequest number */
                number?: (number|null);

                /** ReadRequest actor */
                actor?: (string|null);

                /** ReadRequest shard */
                shard?: (number|null);

                /** ReadRequest digest */
                digest?: (Uint8Array|null);

                /** ReadRequest context */
                context?: (Uint8Array|null);

                /** ReadRequest seen */
                seen?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReadRequest. */
            type $Shape = shoal.peer.ReadRequest.$Properties;
        }

        /**
         * Properties of an IndexEntry.
         * @deprecated Use shoal.peer.IndexEntry.$Properties instead.
         */
        interface IIndexEntry extends shoal.peer.IndexEntry.$Properties {
        }

        /** Represents an IndexEntry. */
        class IndexEntry {

            /**
             * Constructs a new IndexEntry.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.IndexEntry.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** IndexEntry origin. */
            origin: string;

            /** IndexEntry seq. */
            seq: number;

            /**
             * Encodes the specified IndexEntry message. Does not implicitly {@link shoal.peer.IndexEntry.verify|verify} messages.
             * @param message IndexEntry message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.IndexEntry.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes an IndexEntry message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.IndexEntry & shoal.peer.IndexEntry.$Shape} IndexEntry
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.IndexEntry & shoal.peer.IndexEntry.$Shape;
        }

        namespace IndexEntry {

            /** Properties of an IndexEntry. */
            interface $Properties {

                /** IndexEntry origin */
                origin?: (string|null);

                /** IndexEntry seq */
                seq?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of an IndexEntry. */
            type $Shape = shoal.peer.IndexEntry.$Properties;
        }

        /**
         * Properties of a ReadReply.
         * @deprecated Use shoal.peer.ReadReply.$Properties instead.
         */
        interface IReadReply extends shoal.peer.ReadReply.$Properties {
        }

        /** Represents a ReadReply. */
        class ReadReply {

            /**
             * Constructs a new ReadReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.ReadReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** ReadReply number. */
            number: number;

            /** ReadReply refused. */
            refused: string;

            /** ReadReply same. */
            same: boolean;

            /** ReadReply fragment. */
            fragment: Uint8Array;

            /** ReadReply extra. */
            extra: Uint8Array;

            /** ReadReply index. */
            index: shoal.peer.IndexEntry.$Properties[];

            /** ReadReply actor. */
            actor: string;

            /** ReadReply floor. */
            floor: Uint8Array;

            /** ReadReply held. */
            held: Uint8Array;

            /**
             * Encodes the specified ReadReply message. Does not implicitly {@link shoal.peer.ReadReply.verify|verify} messages.
             * @param message ReadReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.ReadReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a ReadReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.ReadReply & shoal.peer.ReadReply.$Shape} ReadReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.ReadReply & shoal.peer.ReadReply.$Shape;
        }

        namespace ReadReply {

            /** Properties of a ReadReply. */
            interface $Properties {

                /** ReadReply number */
                number?: (number|null);

                /** ReadReply refused */
                refused?: (string|null);

                /** ReadReply same */
                same?: (boolean|null);

                /** ReadReply fragment */
                fragment?: (Uint8Array|null);

                /** ReadReply extra */
                extra?: (Uint8Array|null);

                /** ReadReply index */
                index?: (shoal.peer.IndexEntry.$Properties[]|null);

                /** ReadReply actor */
                actor?: (string|null);

                /** ReadReply floor */
                floor?: (Uint8Array|null);

                /** ReadReply held */
                held?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a ReadReply. */
            type $Shape = shoal.peer.ReadReply.$Properties;
        }

        /**
         * Properties of a Watch.
         * @deprecated Use shoal.peer.Watch.$Properties instead.
         */
        interface IWatch extends shoal.peer.Watch.$Properties {
        }

        /** Represents a Watch. */
        class Watch {

            /**
             * Constructs a new Watch.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Watch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Watch number. */
            number: number;

            /** Watch actor. */
            actor: string;

            /** Watch shown. */
            shown: Uint8Array;

            /** Watch leased. */
            leased: boolean;

            /**
             * Encodes the specified Watch message. Does not implicitly {@link shoal.peer.Watch.verify|verify} messages.
             * @param message Watch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Watch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Watch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Watch & shoal.peer.Watch.$Shape} Watch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Watch & shoal.peer.Watch.$Shape;
        }

        namespace Watch {

            /** Properties of a Watch. */
            interface $Properties {

                /** Watch number */
                number?: (number|null);

                /** Watch actor */
                actor?: (string|null);

                /** Watch shown */
                shown?: (Uint8Array|null);

                /** Watch leased */
                leased?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a Watch. */
            type $Shape = shoal.peer.Watch.$Properties;
        }

        /**
         * Properties of a WatchState.
         * @deprecated Use shoal.peer.WatchState.$Properties instead.
         */
        interface IWatchState extends shoal.peer.WatchState.$Properties {
        }

        /** Represents a WatchState. */
        class WatchState {

            /**
             * Constructs a new WatchState.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.WatchState.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WatchState number. */
            number: number;

            /** WatchState state. */
            state: Uint8Array;

            /** WatchState seen. */
            seen: Uint8Array;

            /** WatchState again. */
            again: number;

            /**
             * Encodes the specified WatchState message. Does not implicitly {@link shoal.peer.WatchState.verify|verify} messages.
             * @param message WatchState message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.WatchState.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WatchState message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.WatchState & shoal.peer.WatchState.$Shape} WatchState
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.WatchState & shoal.peer.WatchState.$Shape;
        }

        namespace WatchState {

            /** Properties of a WatchState. */
            interface $Properties {

                /** WatchState number */
                number?: (number|null);

                /** WatchState state */
                state?: (Uint8Array|null);

                /** WatchState seen */
                seen?: (Uint8Array|null);

                /** WatchState again */
                again?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WatchState. */
            type $Shape = shoal.peer.WatchState.$Properties;
        }

        /**
         * Properties of a WatchTaken.
         * @deprecated Use shoal.peer.WatchTaken.$Properties instead.
         */
        interface IWatchTaken extends shoal.peer.WatchTaken.$Properties {
        }

        /** Represents a WatchTaken. */
        class WatchTaken {

            /**
             * Constructs a new WatchTaken.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.WatchTaken.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WatchTaken number. */
            number: number;

            /** WatchTaken isOver. */
            isOver: boolean;

            /** WatchTaken again. */
            again: number;

            /**
             * Encodes the specified WatchTaken message. Does not implicitly {@link shoal.peer.WatchTaken.verify|verify} messages.
             * @param message WatchTaken message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.WatchTaken.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WatchTaken message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.WatchTaken & shoal.peer.WatchTaken.$Shape} WatchTaken
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.WatchTaken & shoal.peer.WatchTaken.$Shape;
        }

        namespace WatchTaken {

            /** Properties of a WatchTaken. */
            interface $Properties {

                /** WatchTaken number */
                number?: (number|null);

                /** WatchTaken isOver */
                isOver?: (boolean|null);

                /** WatchTaken again */
                again?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WatchTaken. */
            type $Shape = shoal.peer.WatchTaken.$Properties;
        }

        /**
         * Properties of a WatchEnd.
         * @deprecated Use shoal.peer.WatchEnd.$Properties instead.
         */
        interface IWatchEnd extends shoal.peer.WatchEnd.$Properties {
        }

        /** Represents a WatchEnd. */
        class WatchEnd {

            /**
             * Constructs a new WatchEnd.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.WatchEnd.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** WatchEnd number. */
            number: number;

            /** WatchEnd failure. */
            failure?: (shoal.peer.Failure.$Properties|null);

            /**
             * Encodes the specified WatchEnd message. Does not implicitly {@link shoal.peer.WatchEnd.verify|verify} messages.
             * @param message WatchEnd message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.WatchEnd.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a WatchEnd message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.WatchEnd & shoal.peer.WatchEnd.$Shape} WatchEnd
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.WatchEnd & shoal.peer.WatchEnd.$Shape;
        }

        namespace WatchEnd {

            /** Properties of a WatchEnd. */
            interface $Properties {

                /** WatchEnd number */
                number?: (number|null);

                /** WatchEnd failure */
                failure?: (shoal.peer.Failure.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a WatchEnd. */
            type $Shape = shoal.peer.WatchEnd.$Properties;
        }

        /**
         * Properties of a KindsRequest.
         * @deprecated Use shoal.peer.KindsRequest.$Properties instead.
         */
        interface IKindsRequest extends shoal.peer.KindsRequest.$Properties {
        }

        /** Represents a KindsRequest. */
        class KindsRequest {

            /**
             * Constructs a new KindsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.KindsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** KindsRequest hash. */
            hash: string;

            /**
             * Encodes the specified KindsRequest message. Does not implicitly {@link shoal.peer.KindsRequest.verify|verify} messages.
             * @param message KindsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.KindsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a KindsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.KindsRequest & shoal.peer.KindsRequest.$Shape} KindsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.KindsRequest & shoal.peer.KindsRequest.$Shape;
        }

        namespace KindsRequest {

            /** Properties of a KindsRequest. */
            interface $Properties {

                /** KindsRequest hash */
                hash?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a KindsRequest. */
            type $Shape = shoal.peer.KindsRequest.$Properties;
        }

        /**
         * Properties of a KindsReply.
         * @deprecated Use shoal.peer.KindsReply.$Properties instead.
         */
        interface IKindsReply extends shoal.peer.KindsReply.$Properties {
        }

        /** Represents a KindsReply. */
        class KindsReply {

            /**
             * Constructs a new KindsReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.KindsReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** KindsReply hash. */
            hash: string;

            /** KindsReply text. */
            text: Uint8Array;

            /**
             * Encodes the specified KindsReply message. Does not implicitly {@link shoal.peer.KindsReply.verify|verify} messages.
             * @param message KindsReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.KindsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a KindsReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.KindsReply & shoal.peer.KindsReply.$Shape} KindsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.KindsReply & shoal.peer.KindsReply.$Shape;
        }

        namespace KindsReply {

            /** Properties of a KindsReply. */
            interface $Properties {

                /** KindsReply hash */
                hash?: (string|null);

                /** KindsReply text */
                text?: (Uint8Array|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a KindsReply. */
            type $Shape = shoal.peer.KindsReply.$Properties;
        }

        /**
         * Properties of a RightsRequest.
         * @deprecated Use shoal.peer.RightsRequest.$Properties instead.
         */
        interface IRightsRequest extends shoal.peer.RightsRequest.$Properties {
        }

        /** Represents a RightsRequest. */
        class RightsRequest {

            /**
             * Constructs a new RightsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RightsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RightsRequest number. */
            number: number;

            /** RightsRequest actor. */
            actor: string;

            /** RightsRequest field. */
            field: string;

            /** RightsRequest origin. */
            origin: string;

            /** RightsRequest amount. */
            amount: number;

            /** RightsRequest deadlineMs. */
            deadlineMs: number;

            /**
             * Encodes the specified RightsRequest message. Does not implicitly {@link shoal.peer.RightsRequest.verify|verify} messages.
             * @param message RightsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RightsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RightsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RightsRequest & shoal.peer.RightsRequest.$Shape} RightsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RightsRequest & shoal.peer.RightsRequest.$Shape;
        }

        namespace RightsRequest {

            /** Properties of a RightsRequest. */
            interface $Properties {

                /** RightsRequest number */
                number?: (number|null);

                /** RightsRequest actor */
                actor?: (string|null);

                /** RightsRequest field */
                field?: (string|null);

                /** RightsRequest origin */
                origin?: (string|null);

                /** RightsRequest amount */
                amount?: (number|null);

                /** RightsRequest deadlineMs */
                deadlineMs?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RightsRequest. */
            type $Shape = shoal.peer.RightsRequest.$Properties;
        }

        /**
         * Properties of a RightsReply.
         * @deprecated Use shoal.peer.RightsReply.$Properties instead.
         */
        interface IRightsReply extends shoal.peer.RightsReply.$Properties {
        }

        /** Represents a RightsReply. */
        class RightsReply {

            /**
             * Constructs a new RightsReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RightsReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RightsReply number. */
            number: number;

            /** RightsReply granted. */
            granted: number;

            /** RightsReply delta. */
            delta: Uint8Array;

            /** RightsReply rows. */
            rows: Uint8Array;

            /** RightsReply actor. */
            actor: string;

            /** RightsReply field. */
            field: string;

            /**
             * Encodes the specified RightsReply message. Does not implicitly {@link shoal.peer.RightsReply.verify|verify} messages.
             * @param message RightsReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RightsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RightsReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RightsReply & shoal.peer.RightsReply.$Shape} RightsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RightsReply & shoal.peer.RightsReply.$Shape;
        }

        namespace RightsReply {

            /** Properties of a RightsReply. */
            interface $Properties {

                /** RightsReply number */
                number?: (number|null);

                /** RightsReply granted */
                granted?: (number|null);

                /** RightsReply delta */
                delta?: (Uint8Array|null);

                /** RightsReply rows */
                rows?: (Uint8Array|null);

                /** RightsReply actor */
                actor?: (string|null);

                /** RightsReply field */
                field?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RightsReply. */
            type $Shape = shoal.peer.RightsReply.$Properties;
        }

        /**
         * Properties of a RowsRequest.
         * @deprecated Use shoal.peer.RowsRequest.$Properties instead.
         */
        interface IRowsRequest extends shoal.peer.RowsRequest.$Properties {
        }

        /** Represents a RowsRequest. */
        class RowsRequest {

            /**
             * Constructs a new RowsRequest.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RowsRequest.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RowsRequest number. */
            number: number;

            /** RowsRequest actor. */
            actor: string;

            /** RowsRequest field. */
            field: string;

            /** RowsRequest origin. */
            origin: string;

            /**
             * Encodes the specified RowsRequest message. Does not implicitly {@link shoal.peer.RowsRequest.verify|verify} messages.
             * @param message RowsRequest message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RowsRequest.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RowsRequest message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RowsRequest & shoal.peer.RowsRequest.$Shape} RowsRequest
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RowsRequest & shoal.peer.RowsRequest.$Shape;
        }

        namespace RowsRequest {

            /** Properties of a RowsRequest. */
            interface $Properties {

                /** RowsRequest number */
                number?: (number|null);

                /** RowsRequest actor */
                actor?: (string|null);

                /** RowsRequest field */
                field?: (string|null);

                /** RowsRequest origin */
                origin?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RowsRequest. */
            type $Shape = shoal.peer.RowsRequest.$Properties;
        }

        /**
         * Properties of a RowsReply.
         * @deprecated Use shoal.peer.RowsReply.$Properties instead.
         */
        interface IRowsReply extends shoal.peer.RowsReply.$Properties {
        }

        /** Represents a RowsReply. */
        class RowsReply {

            /**
             * Constructs a new RowsReply.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.RowsReply.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** RowsReply number. */
            number: number;

            /** RowsReply rows. */
            rows: Uint8Array;

            /** RowsReply members. */
            members: shoal.peer.Member.$Properties[];

            /** RowsReply actor. */
            actor: string;

            /** RowsReply field. */
            field: string;

            /**
             * Encodes the specified RowsReply message. Does not implicitly {@link shoal.peer.RowsReply.verify|verify} messages.
             * @param message RowsReply message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.RowsReply.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a RowsReply message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.RowsReply & shoal.peer.RowsReply.$Shape} RowsReply
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.RowsReply & shoal.peer.RowsReply.$Shape;
        }

        namespace RowsReply {

            /** Properties of a RowsReply. */
            interface $Properties {

                /** RowsReply number */
                number?: (number|null);

                /** RowsReply rows */
                rows?: (Uint8Array|null);

                /** RowsReply members */
                members?: (shoal.peer.Member.$Properties[]|null);

                /** RowsReply actor */
                actor?: (string|null);

                /** RowsReply field */
                field?: (string|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a RowsReply. */
            type $Shape = shoal.peer.RowsReply.$Properties;
        }

        /**
         * Properties of a Lease.
         * @deprecated Use shoal.peer.Lease.$Properties instead.
         */
        interface ILease extends shoal.peer.Lease.$Properties {
        }

        /** Represents a Lease. */
        class Lease {

            /**
             * Constructs a new Lease.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.Lease.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** Lease shard. */
            shard: number;

            /** Lease epoch. */
            epoch: number;

            /** Lease seal. */
            seal?: (shoal.peer.LeaseSeal.$Properties|null);

            /** Lease sealed. */
            sealed?: (shoal.peer.LeaseSealed.$Properties|null);

            /** Lease entries. */
            entries?: (shoal.peer.LeaseEntries.$Properties|null);

            /** Lease accepted. */
            accepted?: (shoal.peer.LeaseAccepted.$Properties|null);

            /** Lease fetch. */
            fetch?: (shoal.peer.LeaseFetch.$Properties|null);

            /** Lease page. */
            page?: (shoal.peer.LeasePage.$Properties|null);

            /** Lease refused. */
            refused?: (shoal.peer.LeaseRefused.$Properties|null);

            /** Lease released. */
            released?: (shoal.peer.LeaseReleased.$Properties|null);

            /** Lease body. */
            body?: ("seal"|"sealed"|"entries"|"accepted"|"fetch"|"page"|"refused"|"released");

            /**
             * Encodes the specified Lease message. Does not implicitly {@link shoal.peer.Lease.verify|verify} messages.
             * @param message Lease message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.Lease.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a Lease message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.Lease & shoal.peer.Lease.$Shape} Lease
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.Lease & shoal.peer.Lease.$Shape;
        }

        namespace Lease {

            /** Properties of a Lease. */
            interface $Properties {

                /** Lease shard */
                shard?: (number|null);

                /** Lease epoch */
                epoch?: (number|null);

                /** Lease seal */
                seal?: (shoal.peer.LeaseSeal.$Properties|null);

                /** Lease sealed */
                sealed?: (shoal.peer.LeaseSealed.$Properties|null);

                /** Lease entries */
                entries?: (shoal.peer.LeaseEntries.$Properties|null);

                /** Lease accepted */
                accepted?: (shoal.peer.LeaseAccepted.$Properties|null);

                /** Lease fetch */
                fetch?: (shoal.peer.LeaseFetch.$Properties|null);

                /** Lease page */
                page?: (shoal.peer.LeasePage.$Properties|null);

                /** Lease refused */
                refused?: (shoal.peer.LeaseRefused.$Properties|null);

                /** Lease released */
                released?: (shoal.peer.LeaseReleased.$Properties|null);

                /** Lease body */
                body?: ("seal"|"sealed"|"entries"|"accepted"|"fetch"|"page"|"refused"|"released");

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Narrowed shape of a Lease. */
            type $Shape = {
              shard?: number|null;
              epoch?: number|null;
              seal?: shoal.peer.LeaseSeal.$Shape|null;
              sealed?: shoal.peer.LeaseSealed.$Shape|null;
              entries?: shoal.peer.LeaseEntries.$Shape|null;
              accepted?: shoal.peer.LeaseAccepted.$Shape|null;
              fetch?: shoal.peer.LeaseFetch.$Shape|null;
              page?: shoal.peer.LeasePage.$Shape|null;
              refused?: shoal.peer.LeaseRefused.$Shape|null;
              released?: shoal.peer.LeaseReleased.$Shape|null;
              $unknowns?: Uint8Array[];
            } & (
              ({ body?: undefined; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "seal"; seal: shoal.peer.LeaseSeal.$Shape; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "sealed"; seal?: null; sealed: shoal.peer.LeaseSealed.$Shape; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "entries"; seal?: null; sealed?: null; entries: shoal.peer.LeaseEntries.$Shape; accepted?: null; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "accepted"; seal?: null; sealed?: null; entries?: null; accepted: shoal.peer.LeaseAccepted.$Shape; fetch?: null; page?: null; refused?: null; released?: null }|{ body?: "fetch"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch: shoal.peer.LeaseFetch.$Shape; page?: null; refused?: null; released?: null }|{ body?: "page"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page: shoal.peer.LeasePage.$Shape; refused?: null; released?: null }|{ body?: "refused"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused: shoal.peer.LeaseRefused.$Shape; released?: null }|{ body?: "released"; seal?: null; sealed?: null; entries?: null; accepted?: null; fetch?: null; page?: null; refused?: null; released: shoal.peer.LeaseReleased.$Shape })
            );
        }

        /**
         * Properties of a LeaseSeal.
         * @deprecated Use shoal.peer.LeaseSeal.$Properties instead.
         */
        interface ILeaseSeal extends shoal.peer.LeaseSeal.$Properties {
        }

        /** Represents a LeaseSeal. */
        class LeaseSeal {

            /**
             * Constructs a new LeaseSeal.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseSeal.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified LeaseSeal message. Does not implicitly {@link shoal.peer.LeaseSeal.verify|verify} messages.
             * @param message LeaseSeal message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseSeal.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseSeal message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseSeal & shoal.peer.LeaseSeal.$Shape} LeaseSeal
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseSeal & shoal.peer.LeaseSeal.$Shape;
        }

        namespace LeaseSeal {

            /** Properties of a LeaseSeal. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseSeal. */
            type $Shape = shoal.peer.LeaseSeal.$Properties;
        }

        /**
         * Properties of a LeaseSealed.
         * @deprecated Use shoal.peer.LeaseSealed.$Properties instead.
         */
        interface ILeaseSealed extends shoal.peer.LeaseSealed.$Properties {
        }

        /** Represents a LeaseSealed. */
        class LeaseSealed {

            /**
             * Constructs a new LeaseSealed.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseSealed.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseSealed lineage. */
            lineage?: (shoal.peer.LeaseLineage.$Properties|null);

            /**
             * Encodes the specified LeaseSealed message. Does not implicitly {@link shoal.peer.LeaseSealed.verify|verify} messages.
             * @param message LeaseSealed message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseSealed.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseSealed message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseSealed & shoal.peer.LeaseSealed.$Shape} LeaseSealed
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseSealed & shoal.peer.LeaseSealed.$Shape;
        }

        namespace LeaseSealed {

            /** Properties of a LeaseSealed. */
            interface $Properties {

                /** LeaseSealed lineage */
                lineage?: (shoal.peer.LeaseLineage.$Properties|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseSealed. */
            type $Shape = shoal.peer.LeaseSealed.$Properties;
        }

        /**
         * Properties of a LeaseLineage.
         * @deprecated Use shoal.peer.LeaseLineage.$Properties instead.
         */
        interface ILeaseLineage extends shoal.peer.LeaseLineage.$Properties {
        }

        /** Represents a LeaseLineage. */
        class LeaseLineage {

            /**
             * Constructs a new LeaseLineage.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseLineage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseLineage epochs. */
            epochs: number[];

            /** LeaseLineage cuts. */
            cuts: number[];

            /**
             * Encodes the specified LeaseLineage message. Does not implicitly {@link shoal.peer.LeaseLineage.verify|verify} messages.
             * @param message LeaseLineage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseLineage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseLineage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseLineage & shoal.peer.LeaseLineage.$Shape} LeaseLineage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseLineage & shoal.peer.LeaseLineage.$Shape;
        }

        namespace LeaseLineage {

            /** Properties of a LeaseLineage. */
            interface $Properties {

                /** LeaseLineage epochs */
                epochs?: (number[]|null);

                /** LeaseLineage cuts */
                cuts?: (number[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseLineage. */
            type $Shape = shoal.peer.LeaseLineage.$Properties;
        }

        /**
         * Properties of a LeaseEntries.
         * @deprecated Use shoal.peer.LeaseEntries.$Properties instead.
         */
        interface ILeaseEntries extends shoal.peer.LeaseEntries.$Properties {
        }

        /** Represents a LeaseEntries. */
        class LeaseEntries {

            /**
             * Constructs a new LeaseEntries.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseEntries.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseEntries after. */
            after: number;

            /** LeaseEntries entries. */
            entries: shoal.peer.LeaseRecord.$Properties[];

            /** LeaseEntries fetch. */
            fetch: boolean;

            /**
             * Encodes the specified LeaseEntries message. Does not implicitly {@link shoal.peer.LeaseEntries.verify|verify} messages.
             * @param message LeaseEntries message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseEntries.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseEntries message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseEntries & shoal.peer.LeaseEntries.$Shape} LeaseEntries
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseEntries & shoal.peer.LeaseEntries.$Shape;
        }

        namespace LeaseEntries {

            /** Properties of a LeaseEntries. */
            interface $Properties {

                /** LeaseEntries after */
                after?: (number|null);

                /** LeaseEntries entries */
                entries?: (shoal.peer.LeaseRecord.$Properties[]|null);

                /** LeaseEntries fetch */
                fetch?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseEntries. */
            type $Shape = shoal.peer.LeaseEntries.$Properties;
        }

        /**
         * Properties of a LeaseRecord.
         * @deprecated Use shoal.peer.LeaseRecord.$Properties instead.
         */
        interface ILeaseRecord extends shoal.peer.LeaseRecord.$Properties {
        }

        /** Represents a LeaseRecord. */
        class LeaseRecord {

            /**
             * Constructs a new LeaseRecord.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseRecord.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseRecord actor. */
            actor: string;

            /** LeaseRecord state. */
            state: Uint8Array;

            /** LeaseRecord epoch. */
            epoch: number;

            /** LeaseRecord n. */
            n: number;

            /**
             * Encodes the specified LeaseRecord message. Does not implicitly {@link shoal.peer.LeaseRecord.verify|verify} messages.
             * @param message LeaseRecord message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseRecord.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseRecord message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseRecord & shoal.peer.LeaseRecord.$Shape} LeaseRecord
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseRecord & shoal.peer.LeaseRecord.$Shape;
        }

        namespace LeaseRecord {

            /** Properties of a LeaseRecord. */
            interface $Properties {

                /** LeaseRecord actor */
                actor?: (string|null);

                /** LeaseRecord state */
                state?: (Uint8Array|null);

                /** LeaseRecord epoch */
                epoch?: (number|null);

                /** LeaseRecord n */
                n?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseRecord. */
            type $Shape = shoal.peer.LeaseRecord.$Properties;
        }

        /**
         * Properties of a LeaseAccepted.
         * @deprecated Use shoal.peer.LeaseAccepted.$Properties instead.
         */
        interface ILeaseAccepted extends shoal.peer.LeaseAccepted.$Properties {
        }

        /** Represents a LeaseAccepted. */
        class LeaseAccepted {

            /**
             * Constructs a new LeaseAccepted.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseAccepted.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseAccepted n. */
            n: number;

            /**
             * Encodes the specified LeaseAccepted message. Does not implicitly {@link shoal.peer.LeaseAccepted.verify|verify} messages.
             * @param message LeaseAccepted message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseAccepted.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseAccepted message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseAccepted & shoal.peer.LeaseAccepted.$Shape} LeaseAccepted
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseAccepted & shoal.peer.LeaseAccepted.$Shape;
        }

        namespace LeaseAccepted {

            /** Properties of a LeaseAccepted. */
            interface $Properties {

                /** LeaseAccepted n */
                n?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseAccepted. */
            type $Shape = shoal.peer.LeaseAccepted.$Properties;
        }

        /**
         * Properties of a LeaseFetch.
         * @deprecated Use shoal.peer.LeaseFetch.$Properties instead.
         */
        interface ILeaseFetch extends shoal.peer.LeaseFetch.$Properties {
        }

        /** Represents a LeaseFetch. */
        class LeaseFetch {

            /**
             * Constructs a new LeaseFetch.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseFetch.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseFetch number. */
            number: number;

            /** LeaseFetch afterEpoch. */
            afterEpoch: number;

            /** LeaseFetch afterN. */
            afterN: number;

            /** LeaseFetch scan. */
            scan: boolean;

            /** LeaseFetch actors. */
            actors: string[];

            /**
             * Encodes the specified LeaseFetch message. Does not implicitly {@link shoal.peer.LeaseFetch.verify|verify} messages.
             * @param message LeaseFetch message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseFetch.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseFetch message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseFetch & shoal.peer.LeaseFetch.$Shape} LeaseFetch
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseFetch & shoal.peer.LeaseFetch.$Shape;
        }

        namespace LeaseFetch {

            /** Properties of a LeaseFetch. */
            interface $Properties {

                /** LeaseFetch number */
                number?: (number|null);

                /** LeaseFetch afterEpoch */
                afterEpoch?: (number|null);

                /** LeaseFetch afterN */
                afterN?: (number|null);

                /** LeaseFetch scan */
                scan?: (boolean|null);

                /** LeaseFetch actors */
                actors?: (string[]|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseFetch. */
            type $Shape = shoal.peer.LeaseFetch.$Properties;
        }

        /**
         * Properties of a LeasePage.
         * @deprecated Use shoal.peer.LeasePage.$Properties instead.
         */
        interface ILeasePage extends shoal.peer.LeasePage.$Properties {
        }

        /** Represents a LeasePage. */
        class LeasePage {

            /**
             * Constructs a new LeasePage.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeasePage.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeasePage number. */
            number: number;

            /** LeasePage records. */
            records: shoal.peer.LeaseRecord.$Properties[];

            /** LeasePage absent. */
            absent: string[];

            /** LeasePage cursorEpoch. */
            cursorEpoch: number;

            /** LeasePage cursorN. */
            cursorN: number;

            /** LeasePage lineage. */
            lineage?: (shoal.peer.LeaseLineage.$Properties|null);

            /** LeasePage last. */
            last: boolean;

            /**
             * Encodes the specified LeasePage message. Does not implicitly {@link shoal.peer.LeasePage.verify|verify} messages.
             * @param message LeasePage message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeasePage.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeasePage message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeasePage & shoal.peer.LeasePage.$Shape} LeasePage
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeasePage & shoal.peer.LeasePage.$Shape;
        }

        namespace LeasePage {

            /** Properties of a LeasePage. */
            interface $Properties {

                /** LeasePage number */
                number?: (number|null);

                /** LeasePage records */
                records?: (shoal.peer.LeaseRecord.$Properties[]|null);

                /** LeasePage absent */
                absent?: (string[]|null);

                /** LeasePage cursorEpoch */
                cursorEpoch?: (number|null);

                /** LeasePage cursorN */
                cursorN?: (number|null);

                /** LeasePage lineage */
                lineage?: (shoal.peer.LeaseLineage.$Properties|null);

                /** LeasePage last */
                last?: (boolean|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeasePage. */
            type $Shape = shoal.peer.LeasePage.$Properties;
        }

        /**
         * Properties of a LeaseRefused.
         * @deprecated Use shoal.peer.LeaseRefused.$Properties instead.
         */
        interface ILeaseRefused extends shoal.peer.LeaseRefused.$Properties {
        }

        /** Represents a LeaseRefused. */
        class LeaseRefused {

            /**
             * Constructs a new LeaseRefused.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseRefused.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /** LeaseRefused promised. */
            promised: number;

            /**
             * Encodes the specified LeaseRefused message. Does not implicitly {@link shoal.peer.LeaseRefused.verify|verify} messages.
             * @param message LeaseRefused message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseRefused.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseRefused message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseRefused & shoal.peer.LeaseRefused.$Shape} LeaseRefused
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseRefused & shoal.peer.LeaseRefused.$Shape;
        }

        namespace LeaseRefused {

            /** Properties of a LeaseRefused. */
            interface $Properties {

                /** LeaseRefused promised */
                promised?: (number|null);

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseRefused. */
            type $Shape = shoal.peer.LeaseRefused.$Properties;
        }

        /**
         * Properties of a LeaseReleased.
         * @deprecated Use shoal.peer.LeaseReleased.$Properties instead.
         */
        interface ILeaseReleased extends shoal.peer.LeaseReleased.$Properties {
        }

        /** Represents a LeaseReleased. */
        class LeaseReleased {

            /**
             * Constructs a new LeaseReleased.
             * @param [properties] Properties to set
             */
            constructor(properties?: shoal.peer.LeaseReleased.$Properties);

            /** Unknown fields preserved while decoding when enabled */
            $unknowns?: Uint8Array[];

            /**
             * Encodes the specified LeaseReleased message. Does not implicitly {@link shoal.peer.LeaseReleased.verify|verify} messages.
             * @param message LeaseReleased message or plain object to encode
             * @param [writer] Writer to encode to
             * @returns Writer
             */
            static encode(message: shoal.peer.LeaseReleased.$Properties, writer?: $protobuf.Writer): $protobuf.Writer;

            /**
             * Decodes a LeaseReleased message from the specified reader or buffer.
             * @param reader Reader or buffer to decode from
             * @param [length] Message length if known beforehand
             * @returns {shoal.peer.LeaseReleased & shoal.peer.LeaseReleased.$Shape} LeaseReleased
             * @throws {Error} If the payload is not a reader or valid buffer
             * @throws {$protobuf.util.ProtocolError} If required fields are missing
             */
            static decode(reader: ($protobuf.Reader|Uint8Array), length?: number): shoal.peer.LeaseReleased & shoal.peer.LeaseReleased.$Shape;
        }

        namespace LeaseReleased {

            /** Properties of a LeaseReleased. */
            interface $Properties {

                /** Unknown fields preserved while decoding when enabled */
                $unknowns?: Uint8Array[];
            }

            /** Shape of a LeaseReleased. */
            type $Shape = shoal.peer.LeaseReleased.$Properties;
        }
    }
}
