// A live tournament over one socket. Works in browsers and in Node 22 (on 20 pass `WebSocket`); no DOM.

const PING_EVERY_MS = 10_000;
const PONG_WITHIN_MS = 4_000;
const AGAIN_FIRST_MS = 500;
const AGAIN_MOST_MS = 8_000;
const JOIN_AGAIN_MS = 1_000;
// Close codes after which coming back is of no use, and what they mean.
const FINAL = { 4401: "unauthorized", 4403: "forbidden", 4404: "not_found", 4410: "over" };
// Refusals of a seat that pass by themselves.
const PASSING = new Set(["room_waiting", "service_unavailable", "overloaded", "draining"]);

/** @typedef {import("./frames.js").Frames} Frames */
/** @typedef {{rows: import("./frames.js").Row[], prizes: import("./frames.js").Prize[], total: number, currency: string,
 *   status: string, resultsStatus: string, epoch: number | null, seq: number}} Board */
/** @typedef {Frames & {connection: string, board: Board, room_event: import("./frames.js").RoomEvent, change: any}} Events */
/** @typedef {import("./frames.js").Played | import("./frames.js").RefusedMove} Answer */

/**
 * @typedef {object} Options
 * @property {string} url where Pitboss is, as https://games.example
 * @property {string} tournament
 * @property {string} [token] a player's token; without one the public board is watched
 * @property {boolean} [join] take the player's seat in the room, and come back to it; true where there is a token
 * @property {typeof WebSocket} [WebSocket]
 */

/** Whose token it is. The server verifies it; this only tells two players apart. @param {string} token */
function subjectOf(token) {
  try {
    return JSON.parse(atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"))).sub;
  } catch {
    return token;
  }
}

/** Connect to a tournament. @param {Options} options */
export function connect(options) {
  return new Tournament(options);
}

/** One tournament as this client sees it. Everything that is known is in properties; `on` tells of changes. */
export class Tournament {
  /** @param {Options} options */
  constructor(options) {
    this.id = options.tournament;
    this.url = options.url.replace(/\/$/, "");
    /** `connecting`, `live`, `reconnecting`, or why it ended: `over`, `unauthorized`, `forbidden`, `not_found`, `closed` */
    this.connection = "connecting";
    /** @type {import("./frames.js").Welcome | null} */
    this.welcome = null;
    /** @type {import("./frames.js").Lifecycle | null} */
    this.lifecycle = null;
    /** @type {import("./frames.js").Me | null} */
    this.me = null;
    /** @type {import("./frames.js").Payouts | null} */
    this.payouts = null;
    /** @type {import("./frames.js").Room | null} */
    this.presence = null;
    /** @type {import("./frames.js").RoomState | null} */
    this.room = null;
    /** @type {import("./frames.js").Hand | null} */
    this.hand = null;
    /** @type {Board} */
    this.board = { rows: [], prizes: [], total: 0, currency: "", status: "", resultsStatus: "", epoch: null, seq: 0 };
    this.seat = 0;
    this._token = options.token;
    this._joins = options.join ?? Boolean(options.token);
    this._WebSocket = options.WebSocket ?? globalThis.WebSocket;
    this._listeners = new Map();
    this._moves = new Map();
    this._lastId = this._tries = this._offsetMs = this._roomOffsetMs = 0;
    this._bestTripMs = Infinity;
    this._timers = new Set();
    this._open();
  }

  /** Hear of something: a frame's type, `connection`, `board` or `change` (anything). Returns how to stop.
   * @template {keyof Events} T
   * @param {T} type @param {(data: Events[T]) => void} listener @returns {() => void} */
  on(type, listener) {
    const of = this._listeners.get(type) ?? new Set();
    this._listeners.set(type, of.add(listener));
    return () => of.delete(listener);
  }

  /** The server's time in milliseconds since 1970. */
  now() {
    return Date.now() + this._offsetMs;
  }

  /** The room's time: flights and stamps go by it. */
  roomNow() {
    return Date.now() + this._roomOffsetMs;
  }

  /** Make a move for the flight that is on, or for `flight`. Answers `played` or `refused`; a move is never kept for
   * later: without a line it is refused as `not_sent`, and as `unknown` where the line broke before the answer and
   * the room does not know it.
   * @param {string} move @param {object} [given] @param {number} [flight] @returns {Promise<Answer>} */
  play(move, given = {}, flight = this.room?.flight ?? 0) {
    if (this.connection !== "live" || !this.seat) return Promise.resolve(this._unsent("not_sent"));
    const id = ++this._lastId;
    // What lies in a line that is dead, and not known to be, must not be made when it comes back.
    const untilMs = Math.round(this.roomNow() + PONG_WITHIN_MS);
    const message = { type: "play", id, flight, untilMs, move, with: given };
    return new Promise(resolve => {
      this._moves.set(id, { message, resolve });
      this._send(message);
    });
  }

  /** Give another token of the same player, before the old one ends; also after it has. Another player's token is
   * refused: false. @param {string} token */
  renew(token) {
    if (this._token && subjectOf(token) !== subjectOf(this._token)) return false;
    this._token = token;
    if (this.connection === "unauthorized") this._open();
    else this._send({ type: "auth", token });
    return true;
  }

  /** Read over REST what this player, or a spectator, may see: `""`, `status`, `leaderboard`, `results`, `rules`...
   * @param {string} [what] @param {Record<string, string>} [query] */
  async read(what = "", query = {}) {
    const path = what ? `/${what}` : "", search = new URLSearchParams(query).toString();
    const headers = this._token ? { Authorization: `Bearer ${this._token}` } : undefined;
    const answer = await fetch(`${this.url}/api/tournaments/${this.id}${path}${search && `?${search}`}`, { headers });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.message), body, { status: answer.status });
    return body;
  }

  /** Find out at once whether the line is still there: when the page is shown again, or the network is back. */
  check() {
    if (this.connection === "live") this._ping();
    else if (this.connection === "reconnecting") this._open();
  }

  /** Go, for good. */
  close() {
    this._end("closed");
  }

  // The line

  _open() {
    this._stop();
    const { epoch, seq } = this.board;
    const query = [this._token ? "" : "spectate", epoch === null ? "" : `resume=${epoch}:${seq}`].filter(Boolean).join("&");
    const url = `${this.url.replace(/^http/, "ws")}/ws/tournaments/${encodeURIComponent(this.id)}?${query}`;
    const socket = this._socket = new this._WebSocket(url);
    const mine = act => event => this._socket === socket && act(event);
    socket.onopen = mine(() => this._token && this._send({ type: "auth", token: this._token }));
    socket.onmessage = mine(event => this._hear(JSON.parse(event.data)));
    socket.onclose = mine(event => this._lost(event.code));
    this._deadline = this._after(PONG_WITHIN_MS * 3, () => this._lost(0));
  }

  _lost(code) {
    if (FINAL[code]) return this._end(FINAL[code]);
    this._stop();
    this.seat && (this._comesBack = this.seat);
    this.seat = 0;
    this._become("reconnecting");
    const pause = Math.min(AGAIN_FIRST_MS * 2 ** this._tries++, AGAIN_MOST_MS);
    this._after(pause * (0.5 + Math.random() / 2), () => this._open());
  }

  _end(why) {
    this._stop();
    this.seat = 0;
    this._settleAll(() => false);
    this._become(why);
  }

  _stop() {
    this._timers.forEach(clearTimeout);
    this._timers.clear();
    const socket = this._socket;
    this._socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  _ping() {
    if (this._pinged) return;
    this._pinged = Date.now();
    this._send({ type: "ping" });
    this._deadline = this._after(PONG_WITHIN_MS, () => this._lost(0));
  }

  _after(ms, act) {
    const timer = setTimeout(() => { this._timers.delete(timer); act(); }, ms);
    this._timers.add(timer);
    return timer;
  }

  _send(message) {
    if (this._socket?.readyState === 1) this._socket.send(JSON.stringify(message));
  }

  _become(connection) {
    if (connection === this.connection) return;
    this.connection = connection;
    this._tell("connection", connection);
  }

  _tell(type, data) {
    for (const name of [type, "change"]) this._listeners.get(name)?.forEach(listener => listener(data));
  }

  // Frames

  _hear(frame) {
    const take = this[`_on_${frame.type}`];
    if (take) take.call(this, frame);
    this._tell(frame.type, frame);
  }

  _on_welcome(frame) {
    clearTimeout(this._deadline);
    this._tries = 0;
    this._pinged = 0;
    this.welcome = frame;
    this.board.status = frame.status;
    this._become("live");
    this._ping();
    if (this._joins && frame.status === "in_progress") this._join();
  }

  _on_pong(frame) {
    clearTimeout(this._deadline);
    const now = Date.now(), trip = now - this._pinged;
    if (this._pinged && trip <= this._bestTripMs) {
      this._bestTripMs = trip;
      this._offsetMs = Date.parse(frame.serverTime) + trip / 2 - now;
    }
    this._bestTripMs += 1; // an old sample is worth less: clocks drift
    this._pinged = 0;
    this._after(PING_EVERY_MS, () => this._ping());
  }

  _on_snapshot(frame) {
    const { rows, prizes, total, currency, status, resultsStatus, epoch, seq } = frame;
    this.board = { rows, prizes, total, currency, status, resultsStatus, epoch, seq };
    this._tell("board", this.board);
  }

  _on_delta(frame) {
    const board = this.board;
    const gone = new Set([...frame.left, ...frame.rows.map(row => row.playerId)]);
    const taken = new Set(frame.rows.map(row => row.position));
    const kept = board.rows.filter(row => !gone.has(row.playerId) && !taken.has(row.position));
    const rows = kept.concat(frame.rows).sort((a, b) => a.position - b.position);
    const { epoch, seq, total } = frame;
    this.board = { ...board, rows, total, epoch, seq, prizes: frame.prizes ?? board.prizes };
    this._tell("board", this.board);
  }

  _on_lifecycle(frame) {
    this.lifecycle = frame;
    if (["eliminated", "removed", "disqualified"].includes(frame.event)) this.seat = 0;
    if (frame.seq === undefined) return;
    const { epoch, seq } = frame;
    this.board = { ...this.board, epoch, seq, status: frame.status ?? this.board.status };
    if (frame.event === "results_final") this.board.resultsStatus = "final";
    if (this._joins && !this.seat && ["started", "round_started"].includes(frame.event)) this._join();
  }

  _on_me(frame) { this.me = frame; }
  _on_payouts(frame) { this.payouts = frame; }
  _on_room(frame) { this.presence = frame; }
  _on_hand(frame) { this.hand = frame; }

  // The room

  _join() {
    this._send({ type: "join", seat: this._comesBack ?? 0 });
  }

  _on_room_state(frame) {
    this._roomOffsetMs = frame.roomMs + Math.min(this._bestTripMs, PONG_WITHIN_MS) / 2 - Date.now();
    this.room = frame;
  }

  _on_room_events(frame) {
    for (const event of frame.events) {
      if (event.kind === "flight_began" && this.room) this.room = { ...this.room, flight: event.data.flight };
      this._tell("room_event", event);
    }
  }

  _on_joined(frame) {
    // Moves of another seat are not remembered; of this one, those that reached the room are answered again.
    const same = frame.seat === this._comesBack;
    this.seat = this._comesBack = frame.seat;
    this._settleAll(id => same && id <= frame.lastId);
    this._lastId = same ? Math.max(this._lastId, frame.lastId) : frame.lastId;
    this._moves.forEach(({ message }) => this._send(message));
  }

  _on_played(frame) { this._answered(frame); }

  _on_refused(frame) {
    if (frame.id !== null) return this._answered(frame);
    this.seat = 0;
    if (this._joins && PASSING.has(frame.error)) this._after(JOIN_AGAIN_MS, () => this.seat || this._join());
  }

  _answered(frame) {
    this._moves.get(frame.id)?.resolve(frame);
    this._moves.delete(frame.id);
  }

  /** Moves that cannot be asked for any more are answered as `unknown`. */
  _settleAll(isKept) {
    for (const [id, { resolve }] of this._moves) {
      if (isKept(id)) continue;
      this._moves.delete(id);
      resolve(this._unsent("unknown"));
    }
  }

  /** @param {string} error @returns {Answer} */
  _unsent(error) {
    return { type: "refused", id: null, error, stampMs: null, detail: {} };
  }
}
