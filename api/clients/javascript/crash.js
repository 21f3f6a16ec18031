// What a crash-classic room looks like to one player: no DOM, so that it can be tested and used elsewhere.

const GROWTH = 0.00006;
const SHOWN = 30;

/** The multiplier so many milliseconds after the start. @param {number} ms */
export function climb(ms) {
  return Math.floor(100 * Math.exp(GROWTH * Math.max(0, ms))) / 100;
}

/** When the climb reaches a multiplier, in milliseconds after its start. @param {number} multiplier */
export function reachedAt(multiplier) {
  return Math.ceil(Math.log(multiplier) / GROWTH);
}

/** Follows the frames of a `Tournament` client. */
export class Flight {
  /** @param {import("./client.js").Tournament} client */
  constructor(client) {
    this.client = client;
    this.phase = "closed";
    this.flight = this.startsAtMs = this.cap = this.crashed = 0;
    this.lastPoints = [];
    this.players = new Map();
    client.on("room_state", frame => this._whole(frame));
    client.on("room_event", event => this._event(event));
  }

  /** The bet of this player in this flight, and what became of it. */
  get bet() {
    const hand = this.client.hand;
    return hand?.flight === this.flight ? hand.state.bet ?? null : null;
  }

  get credits() { return this.client.hand?.credits ?? 0; }

  /** The multiplier as it is now; in a flight that is over, where it ended. */
  get multiplier() {
    if (this.crashed) return this.crashed;
    if (this.phase !== "climb") return 1;
    return Math.min(climb(this.client.roomNow() - this.startsAtMs), this.cap);
  }

  /** Whether this player may leave the flight now. */
  get isFlying() {
    const bet = this.bet;
    if (this.phase !== "climb" || this.crashed || !bet || bet.multiplier !== null) return false;
    return bet.autoCashOut === null || bet.autoCashOut > this.multiplier;
  }

  _whole(frame) {
    const { phase = "closed", startsAtMs = 0, cap = 0, bets = [], lastPoints = [] } = frame.state;
    this.opensMs = frame.opensMs;
    this.phase = frame.open ? phase : "closed";
    [this.flight, this.startsAtMs, this.cap, this.lastPoints] = [frame.flight, startsAtMs, cap, lastPoints];
    this.crashed = phase === "pause" ? lastPoints.at(-1)?.multiplier ?? 0 : 0;
    this.players = new Map(bets.map(bet => [bet.playerId, { ...bet, multiplier: null }]));
  }

  _event({ kind, data }) {
    switch (kind) {
      case "flight_began":
        this.phase = "betting";
        [this.flight, this.startsAtMs, this.cap, this.crashed] = [data.flight, data.startsAtMs, data.cap, 0];
        this.players = new Map();
        break;
      case "bet":
        this.players.set(data.playerId, { ...data, multiplier: null });
        if (this.players.size > SHOWN) this.players.delete(this.players.keys().next().value);
        break;
      case "bet_cancelled":
        this.players.delete(data.playerId);
        break;
      case "climb":
        [this.phase, this.startsAtMs] = ["climb", data.startsAtMs];
        break;
      case "cashed_out":
        this._left([data], data.multiplier);
        break;
      case "cashed_out_auto":
        this._left(data.players, data.multiplier);
        break;
      case "crash":
        this.crashed = data.multiplier;
        break;
      case "flight_ended":
        [this.phase, this.crashed] = ["pause", data.multiplier];
        this.lastPoints = [...this.lastPoints, { flight: data.flight, multiplier: data.multiplier }].slice(-10);
        break;
      case "no_more_flights":
        this.phase = "idle";
        break;
      case "flight_voided":
        [this.phase, this.players] = ["pause", new Map()];
    }
  }

  _left(players, multiplier) {
    for (const { playerId } of players) {
      const known = this.players.get(playerId);
      if (known) known.multiplier = multiplier;
    }
  }
}
