// Made by `python -m api.spec.typescript` from the schemas of the player socket. Do not edit.

/** Answer to `around`: the rows about this player. */
export interface Around {
  type: "around";
  /** RFC 3339, UTC */
  serverTime: string;
  total: number;
  rows: (Row)[];
}

/** Answer to an `auth` that renewed the token. */
export interface Auth {
  type: "auth";
  renewed?: true;
}

/** What this client may do now. */
export interface Capabilities {
  play: Flag;
  register: Flag;
  rebuy: Flag;
}

/** What changed since the frame before: drop `left` and every row whose player or position is in `rows`,
    add `rows`, sort by position. */
export interface Delta {
  type: "delta";
  /** Changes when the tournament's owner changes */
  epoch: number;
  /** Grows by one a frame of the board */
  seq: number;
  /** RFC 3339, UTC */
  serverTime: string;
  rows: (Row)[];
  left: (string)[];
  total: number;
  prizes?: (Prize)[];
}

/** Something was refused; the socket stays open. */
export interface Error {
  type: "error";
  error: string;
  message: string;
}

/** Whether something may be done now, and if not, why. */
export interface Flag {
  allowed: boolean;
  reason: string | null;
}

/** The room as this player alone may see it, newest only. Credits have no cash value. */
export interface Hand {
  type: "hand";
  flight: number;
  credits: number;
  stake: number;
  state: Record<string, any>;
}

/** This connection has the player's seat; ids of moves go on behind `lastId`. */
export interface Joined {
  type: "joined";
  seat: number;
  lastId: number;
}

/** The tournament moved on. `eliminated`, `removed` and `disqualified` (told to that player alone; after
    the last two the socket closes) and `maintenance` (this front end is about to stop) are no frames of the
    board and have no `seq`. */
export interface Lifecycle {
  type: "lifecycle";
  /** Changes when the tournament's owner changes */
  epoch?: number;
  /** Grows by one a frame of the board */
  seq?: number;
  /** RFC 3339, UTC */
  serverTime: string;
  event: "cancelled" | "completed" | "disqualified" | "eliminated" | "maintenance" | "opened" | "removed" | "results_final" | "round_ended" | "round_started" | "started";
  status?: Status;
  startedAt?: string | null;
  endsAt?: string | null;
  graceEndsAt?: string | null;
  round?: number | null;
  reason?: string | null;
}

/** Where this player stands and what moved since the last one; on change, at most once a second. */
export interface Me {
  type: "me";
  /** RFC 3339, UTC */
  serverTime: string;
  /** Place on the board; no two players share one */
  position: number;
  /** Ties share a rank */
  rank: number;
  /** Points, with at most four places */
  points: number;
  /** Places won, negative when lost */
  moved: number;
  /** Points, with at most four places */
  pointsMoved: number;
  pointsToNextPrize: number | null;
  /** Money, with the exact places of its currency */
  prize: number;
}

/** One thing owed to this player: an `amount` in a `tender`, or a `quantity` of `code`. */
export interface OwnPayout {
  kind: string;
  amount: number | null;
  tender: string | null;
  code: string | null;
  quantity: number | null;
  state: PayoutState;
}

/** Where a line is on its way. `waiting_review` and `processing` are never stored: results under review
    have no lines yet, and the worker that has claimed a line is processing it. */
export type PayoutState = "approved" | "needs_person" | "not_eligible" | "paid" | "processing" | "retry_scheduled" | "void" | "waiting_review";

/** What is owed to this player, all of it: prizes once results are final, refunds once they are due. Told
    again when the state of one changes. A player's socket stays for ten seconds after the end of the
    tournament, or until all is paid. */
export interface Payouts {
  type: "payouts";
  /** RFC 3339, UTC */
  serverTime: string;
  currency: string;
  payouts: (OwnPayout)[];
}

/** A move was made and is stored: `stampMs` is the moment at which it counts. `again` marks the answer to a
    move that was sent before. */
export interface Played {
  type: "played";
  /** Counts up, by one seat */
  id: number;
  flight: number;
  /** Room time: milliseconds since 1970 UTC by the store's clock */
  stampMs: number;
  answer: Record<string, any>;
  again?: true;
}

/** Who this socket belongs to. */
export interface Player {
  playerId: string;
  internalPlayerId: string;
  displayName: string;
}

/** Answer to `ping`. */
export interface Pong {
  type: "pong";
  /** RFC 3339, UTC */
  serverTime: string;
}

/** What a place gets if nothing more is sold. */
export interface Prize {
  /** Place on the board; no two players share one */
  position: number;
  /** Money, with the exact places of its currency */
  prize: number;
}

/** A move changed nothing, or, without an id, a seat was not given. `stampMs` is null where the front end
    itself said no. */
export interface RefusedMove {
  type: "refused";
  id: number | null;
  error: string;
  stampMs: number | null;
  detail: Record<string, any>;
  again?: true;
}

/** Finished is not final: payouts start at `final`. */
export type ResultsStatus = "final" | "none" | "provisional";

/** Where to come back to: `?resume=<epoch>:<seq>`. */
export interface ResumePosition {
  epoch: number;
  seq: number;
}

/** The game room, and how many sockets are in it on all front ends. */
export interface Room {
  type: "room";
  roomId: string;
  status: "active" | "closed" | "waiting";
  activeConnections: number;
}

/** One thing that happened in the room. */
export interface RoomEvent {
  kind: string;
  /** Room time: milliseconds since 1970 UTC by the store's clock */
  atMs: number;
  data: Record<string, any>;
}

/** What happened since the frame before, at most ten frames a second; what is urgent leaves at once. `seq`
    grows by one a frame; `leftOut` ordinary events did not fit. */
export interface RoomEvents {
  type: "room_events";
  /** Changes when the tournament's owner changes */
  epoch: number;
  seq: number;
  events: (RoomEvent)[];
  leftOut: number;
}

/** The whole room where a tournament is played here, as all may see it: on joining, after a gap, and
    when the tournament's owner changed. `state` is the game's; crash games have `flight`, `phase` and
    `startsAtMs`. `opensMs` is when the public beacon comes without which the room does not open. */
export interface RoomState {
  type: "room_state";
  roomId: string;
  game: string;
  version: string;
  /** Changes when the tournament's owner changes */
  epoch: number;
  seq: number;
  /** Room time: milliseconds since 1970 UTC by the store's clock */
  roomMs: number;
  open: boolean;
  opensMs: number | null;
  closed: string | null;
  flight: number;
  state: Record<string, any>;
}

/** Which round is on, of how many. */
export interface Rounds {
  current: number;
  total: number;
}

/** A row of the board. Ties share a rank, never a position. */
export interface Row {
  /** Place on the board; no two players share one */
  position: number;
  /** Ties share a rank */
  rank: number;
  playerId: string;
  displayName: string;
  /** Points, with at most four places */
  points: number;
  eliminated?: true;
}

/** The whole top of the board. Replaces everything that was known. */
export interface Snapshot {
  type: "snapshot";
  /** Changes when the tournament's owner changes */
  epoch: number;
  /** Grows by one a frame of the board */
  seq: number;
  /** RFC 3339, UTC */
  serverTime: string;
  tournamentId: string;
  status: Status;
  resultsStatus: ResultsStatus;
  rows: (Row)[];
  total: number;
  prizes: (Prize)[];
  currency: string;
}

/** Where a tournament is in its life. */
export type Status = "cancelled" | "completed" | "in_progress" | "open" | "scheduled";

/** Something that the game tells this player. */
export interface Told {
  type: "told";
  kind: string;
  data: Record<string, any>;
}

/** Always first. */
export interface Welcome {
  type: "welcome";
  protocol: number;
  /** RFC 3339, UTC */
  serverTime: string;
  tournamentId: string;
  name: string;
  status: Status;
  rulesVersion: number;
  round: Rounds;
  roomId: string;
  startTime: string | null;
  endsAt: string | null;
  me: Player | null;
  can: Capabilities;
  resume: ResumePosition;
}

export interface Frames {
  "welcome": Welcome;
  "snapshot": Snapshot;
  "delta": Delta;
  "lifecycle": Lifecycle;
  "me": Me;
  "payouts": Payouts;
  "room": Room;
  "around": Around;
  "pong": Pong;
  "auth": Auth;
  "error": Error;
  "room_state": RoomState;
  "room_events": RoomEvents;
  "hand": Hand;
  "told": Told;
  "joined": Joined;
  "played": Played;
  "refused": RefusedMove;
}
