/** Connect to a tournament. @param {Options} options */
export function connect(options: Options): Tournament;
/** One tournament as this client sees it. Everything that is known is in properties; `on` tells of changes. */
export class Tournament {
    /** @param {Options} options */
    constructor(options: Options);
    id: string;
    url: string;
    /** `connecting`, `live`, `reconnecting`, or why it ended: `over`, `unauthorized`, `forbidden`, `not_found`, `closed` */
    connection: string;
    /** @type {import("./frames.js").Welcome | null} */
    welcome: import("./frames.js").Welcome | null;
    /** @type {import("./frames.js").Lifecycle | null} */
    lifecycle: import("./frames.js").Lifecycle | null;
    /** @type {import("./frames.js").Me | null} */
    me: import("./frames.js").Me | null;
    /** @type {import("./frames.js").Payouts | null} */
    payouts: import("./frames.js").Payouts | null;
    /** @type {import("./frames.js").Room | null} */
    presence: import("./frames.js").Room | null;
    /** @type {import("./frames.js").RoomState | null} */
    room: import("./frames.js").RoomState | null;
    /** @type {import("./frames.js").Hand | null} */
    hand: import("./frames.js").Hand | null;
    /** @type {Board} */
    board: Board;
    seat: number;
    _token: string;
    _joins: boolean;
    _WebSocket: {
        new (url: string | URL, protocols?: string | string[]): WebSocket;
        prototype: WebSocket;
        readonly CONNECTING: 0;
        readonly OPEN: 1;
        readonly CLOSING: 2;
        readonly CLOSED: 3;
    };
    _listeners: Map<any, any>;
    _moves: Map<any, any>;
    _lastId: number;
    _tries: number;
    _offsetMs: number;
    _roomOffsetMs: number;
    _bestTripMs: number;
    _timers: Set<any>;
    /** Hear of something: a frame's type, `connection`, `board` or `change` (anything). Returns how to stop.
     * @template {keyof Events} T
     * @param {T} type @param {(data: Events[T]) => void} listener @returns {() => void} */
    on<T extends keyof Events>(type: T, listener: (data: Events[T]) => void): () => void;
    /** The server's time in milliseconds since 1970. */
    now(): number;
    /** The room's time: flights and stamps go by it. */
    roomNow(): number;
    /** Make a move for the flight that is on, or for `flight`. Answers `played` or `refused`; a move is never kept for
     * later: without a line it is refused as `not_sent`, and as `unknown` where the line broke before the answer and
     * the room does not know it.
     * @param {string} move @param {object} [given] @param {number} [flight] @returns {Promise<Answer>} */
    play(move: string, given?: object, flight?: number): Promise<Answer>;
    /** Give another token of the same player, before the old one ends; also after it has. Another player's token is
     * refused: false. @param {string} token */
    renew(token: string): boolean;
    /** Read over REST what this player, or a spectator, may see: `""`, `status`, `leaderboard`, `results`, `rules`...
     * @param {string} [what] @param {Record<string, string>} [query] */
    read(what?: string, query?: Record<string, string>): Promise<any>;
    /** Find out at once whether the line is still there: when the page is shown again, or the network is back. */
    check(): void;
    /** Go, for good. */
    close(): void;
    _open(): void;
    _socket: WebSocket;
    _deadline: number;
    _lost(code: any): void;
    _comesBack: any;
    _end(why: any): void;
    _stop(): void;
    _ping(): void;
    _pinged: number;
    _after(ms: any, act: any): number;
    _send(message: any): void;
    _become(connection: any): void;
    _tell(type: any, data: any): void;
    _hear(frame: any): void;
    _on_welcome(frame: any): void;
    _on_pong(frame: any): void;
    _on_snapshot(frame: any): void;
    _on_delta(frame: any): void;
    _on_lifecycle(frame: any): void;
    _on_me(frame: any): void;
    _on_payouts(frame: any): void;
    _on_room(frame: any): void;
    _on_hand(frame: any): void;
    _join(): void;
    _on_room_state(frame: any): void;
    _on_room_events(frame: any): void;
    _on_joined(frame: any): void;
    _on_played(frame: any): void;
    _on_refused(frame: any): void;
    _answered(frame: any): void;
    /** Moves that cannot be asked for any more are answered as `unknown`. */
    _settleAll(isKept: any): void;
    /** @param {string} error @returns {Answer} */
    _unsent(error: string): Answer;
}
export type Frames = import("./frames.js").Frames;
export type Board = {
    rows: import("./frames.js").Row[];
    prizes: import("./frames.js").Prize[];
    total: number;
    currency: string;
    status: string;
    resultsStatus: string;
    epoch: number | null;
    seq: number;
};
export type Events = Frames & {
    connection: string;
    board: Board;
    room_event: import("./frames.js").RoomEvent;
    change: any;
};
export type Answer = import("./frames.js").Played | import("./frames.js").RefusedMove;
export type Options = {
    /**
     * where Pitboss is, as https://games.example
     */
    url: string;
    tournament: string;
    /**
     * a player's token; without one the public board is watched
     */
    token?: string;
    /**
     * take the player's seat in the room, and come back to it; true where there is a token
     */
    join?: boolean;
    WebSocket?: typeof WebSocket;
};
