// <pitboss-board>: one tournament, live. <pitboss-ticker>: one's own place in a line. <pitboss-lobby>: what is on.
import { connect } from "./client.js";
import { isCalm, make, write } from "./dom.js";
import sheet from "./style.js";
import { wordsOf } from "./texts.js";

const MOVE_MS = 250;
// A board that changes more often jumps: a glide costs four times as much as the change, and none would be seen to its end.
const GLIDE_AFTER_MS = 800;
const ARROW_MS = 3_000;
const SAY_EVERY_MS = 10_000;
const LOBBY_EVERY_MS = 5_000;
const HERE = new URL("/", import.meta.url).origin;

/** What both views of a tournament share: a client of its own, or one that is given, and words. */
class OfTournament extends HTMLElement {
  static observedAttributes = ["tournament", "token", "lang"];

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
    /** @type {(() => void)[]} */
    this._stops = [];
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this._ticking = undefined;
  }

  /** Make the parts, in the present language. */
  _build() {}

  /** Show what is so. */
  _draw() {}

  /** The client: set it to share one connection with other parts of a page. @type {import("./client.js").Tournament} */
  get client() { return this._client; }
  set client(client) {
    this._leave();
    this._client = client;
    this._stops.push(client.on("change", () => this._later()));
    this._later();
  }

  connectedCallback() { this._start(); }
  disconnectedCallback() {
    this._leave();
    clearInterval(this._ticking);
    if (this._own) this._own = void this._client?.close();
    this._client = undefined;
  }

  attributeChangedCallback(name) {
    if (!this.isConnected) return;
    if (name === "lang") this._speak();
    else if (name === "token" && this.hasAttribute("token") && this._client) this._client.renew(this._takeToken());
    else if (name === "tournament") { this.disconnectedCallback(); this._start(); }
  }

  async _start() {
    await this._speak();
    const tournament = this.getAttribute("tournament");
    if (!this.isConnected || this._client || !tournament) return;
    this._own = true;
    this.client = connect({ url: this.getAttribute("url") ?? HERE, tournament, token: this._takeToken(), join: false });
  }

  async _speak() {
    this._words = await wordsOf(this.getAttribute("lang") ?? document.documentElement.lang);
    this.setAttribute("dir", this._words.direction);
    this._build();
    this._later();
  }

  /** A token is read once, so that nothing else on the page finds it. */
  _takeToken() {
    const token = this.getAttribute("token") ?? undefined;
    this.removeAttribute("token");
    return token;
  }

  _leave() {
    this._stops.splice(0).forEach(stop => stop());
  }

  /** Draw once a frame, however much came. */
  _later() {
    if (this._asked) return;
    this._asked = requestAnimationFrame(() => {
      this._asked = 0;
      if (this._client && this._words) this._draw();
    });
  }
}

/** When something ends, and what it is: `[text key, parts, at]` of a tournament. */
export function clockOf(client) {
  const { status, resultsStatus } = client.board, { welcome, lifecycle } = client;
  const round = lifecycle?.round ?? welcome?.round.current, rounds = welcome?.round.total ?? 1;
  const at = status === "open" || status === "scheduled" ? welcome?.startTime : lifecycle?.endsAt ?? welcome?.endsAt;
  if (status === "cancelled") return ["cancelled"];
  if (status === "completed") return [resultsStatus === "final" ? "final" : "settling"];
  if (status === "in_progress") return rounds > 1 && round ? ["roundEndsIn", { round, rounds }, at] : ["endsIn", {}, at];
  return at && Date.parse(at) > client.now() ? ["waiting", {}, at] : ["startsSoon"];
}

/** The clock of a tournament in words. */
export function clockText(client, words) {
  const [key, parts = {}, at] = clockOf(client);
  return words.say(key, { ...parts, time: at ? words.time(Date.parse(at) - client.now()) : "" });
}

/** What a player would win now, and how far the next better prize is. */
function chances(me, currency, words) {
  const parts = me.prize ? [words.money(me.prize, currency)] : [];
  return me.pointsToNextPrize ? [...parts, words.say("toNextPrize", { points: words.number(me.pointsToNextPrize) })] : parts;
}

export class PitbossBoard extends OfTournament {
  _build() {
    const { _words: words } = this, say = key => words.say(key);
    this._rows = new Map();
    this._parts = {
      name: make("h2", { part: "name" }), clock: make("span", { class: "clock", part: "clock", "aria-hidden": "true" }), line: make("span", { class: "line" }),
      players: make("span"), pool: make("span"), podium: make("ol", { class: "podium", part: "podium", hidden: true, "aria-label": say("podium") }),
      body: make("tbody"), note: make("p", { class: "note", hidden: true }), me: make("p", { class: "note me", part: "me", hidden: true }),
      said: make("p", { class: "quiet", role: "status", "aria-live": "polite" }),
      pause: make("button", { class: "small", type: "button", "aria-pressed": "false", onclick: () => this._pause() }, say("pause")),
    };
    const p = this._parts, head = (name, key) => make("th", { scope: "col", class: name }, key ? say(key) : make("span", { class: "quiet" }, "±"));
    const heads = make("tr", {}, head("place", "placeShort"), head("move"), head("name", "player"), head("points", "points"), head("prize", "prize"));
    this.shadowRoot.replaceChildren(make("section", { class: "card", part: "card" },
      make("header", {}, p.name, p.clock, make("div", { class: "facts" }, p.line, p.players, p.pool, p.pause)),
      p.podium, make("table", { part: "table" }, make("thead", {}, heads), p.body), p.note, p.me, p.said));
    clearInterval(this._ticking);
    this._ticking = setInterval(() => this._client && !this._paused && write(p.clock, clockText(this._client, words)), 250);
  }

  _pause() {
    this._paused = !this._paused;
    this._parts.pause.setAttribute("aria-pressed", String(this._paused));
    write(this._parts.pause, this._words.say(this._paused ? "resume" : "pause"));
    this._later();
  }

  _draw() {
    if (this._paused) return;
    const { _client: client, _parts: p, _words: words } = this, { board, welcome } = client;
    const pool = board.prizes.reduce((sum, line) => sum + line.prize, 0);
    write(p.name, welcome?.name ?? "");
    write(p.clock, clockText(client, words));
    write(p.line, words.line(client.connection));
    p.line.dataset.is = client.connection;
    write(p.players, words.say("players", { count: words.number(board.total) }));
    write(p.pool, board.currency ? words.say("pool", { amount: words.money(pool, board.currency) }) : "");
    this._drawRows(board);
    this._drawEnd(board);
    p.note.hidden = board.rows.length > 0;
    write(p.note, board.rows.length ? "" : words.say("noRows"));
    this._drawMe(client);
  }

  _drawRows(board) {
    const before = new Map([...this._parts.body.rows].map((row, index) => [row.dataset.player, index]));
    const prizes = new Map(board.prizes.map(line => [line.position, line.prize]));
    const places = Math.min(Math.max(0, ...board.rows.map(row => (String(row.points).split(".")[1] ?? "").length)), 4);
    const last = Math.max(0, ...board.prizes.map(line => line.position)), mine = this._client.welcome?.me?.playerId;
    const rows = board.rows.map(row => {
      const line = this._row(row.playerId), cells = line.children, prize = prizes.get(row.position);
      this._arrow(line, cells[1], row.position);
      const how = `${prize} ${places} ${last} ${mine}`;
      if (line._row === row && line._how === how) return line;
      [line._row, line._how] = [row, how];
      line.className = [prize === undefined ? "" : "paid", row.playerId === mine ? "mine" : "", row.eliminated ? "out" : "", row.position === last ? "line-end" : ""].join(" ").trim();
      write(cells[0], String(row.rank));
      write(cells[2], row.displayName);
      write(cells[3], this._words.number(row.points, places));
      write(cells[4], prize === undefined ? "" : this._words.money(prize, board.currency));
      return line;
    });
    const same = rows.length === before.size && rows.every((row, index) => before.get(row.dataset.player) === index);
    if (same) return;
    this._parts.body.replaceChildren(...rows);
    const known = new Set(rows.map(row => row.dataset.player));
    for (const player of this._rows.keys()) if (!known.has(player)) this._rows.delete(player);
    const now = performance.now(), rested = now - (this._movedAt ?? 0) > GLIDE_AFTER_MS;
    this._movedAt = now;
    if (rested && before.size && !isCalm()) this._glide(rows, before);
  }

  _row(player) {
    if (!this._rows.has(player)) {
      const cell = name => make("td", { class: name });
      this._rows.set(player, make("tr", { "data-player": player, part: "row" }, cell("place"), cell("move"), cell("name"), cell("points"), cell("prize")));
    }
    return this._rows.get(player);
  }

  /** Who climbed or fell, for three seconds. */
  _arrow(line, cell, position) {
    const was = Number(line.dataset.position || position), now = performance.now();
    line.dataset.position = position;
    if (was !== position) {
      write(cell, `${position < was ? "▲" : "▼"}${Math.abs(was - position)}`);
      cell.className = `move ${position < was ? "up" : "down"}`;
      line._movedAt = now;
    } else if (cell.textContent && now - line._movedAt > ARROW_MS) write(cell, "");
  }

  /** Rows slide from where they were; all are of one height, so nothing is measured but that. */
  _glide(rows, before) {
    const height = rows[0].offsetHeight;
    rows.forEach((row, index) => {
      const was = before.get(row.dataset.player);
      if (was === undefined || was === index) return;
      row.animate([{ transform: `translateY(${(was - index) * height}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "ease-out" });
    });
  }

  _drawEnd(board) {
    const isOver = board.status === "completed" && board.rows.length > 0, prizes = new Map(board.prizes.map(line => [line.position, line.prize]));
    this._parts.podium.hidden = !isOver;
    if (!isOver) return;
    const top = board.rows.slice(0, 3).map(row => {
      const prize = prizes.get(row.position);
      return make("li", {}, make("b", {}, String(row.rank)), row.displayName, prize === undefined ? "" : make("b", {}, this._words.money(prize, board.currency)));
    });
    this._parts.podium.replaceChildren(...top);
  }

  _drawMe(client) {
    const { me, board } = client, { me: line, said } = this._parts;
    line.hidden = !me?.position;
    if (!me?.position) return;
    const place = this._words.say("myPlace", { place: me.rank, points: this._words.number(me.points) });
    const text = [place, ...chances(me, board.currency, this._words)].join(" · "), now = performance.now();
    write(line, text);
    if (text !== said.textContent && now - (this._saidAt ?? -SAY_EVERY_MS) >= SAY_EVERY_MS) {
      this._saidAt = now;
      write(said, text);
    }
  }
}

export class PitbossTicker extends OfTournament {
  _build() {
    this._line = make("p", { class: "note card", part: "line" });
    this.shadowRoot.replaceChildren(this._line);
    clearInterval(this._ticking);
    this._ticking = setInterval(() => this._later(), 1_000);
  }

  _draw() {
    const { _client: client, _words: words } = this, { me, board, welcome } = client;
    const parts = [welcome?.name ?? words.say(client.connection === "live" ? "live" : "connecting"), clockText(client, words)];
    if (me?.position) parts.push(`#${me.rank}`, words.number(me.points), ...chances(me, board.currency, words));
    write(this._line, parts.join(" · "));
  }
}

export class PitbossLobby extends HTMLElement {
  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  }

  async connectedCallback() {
    this._words = await wordsOf(this.getAttribute("lang") ?? document.documentElement.lang);
    this.setAttribute("dir", this._words.direction);
    this._list = make("ul", { class: "lobby card", part: "list", "aria-label": this._words.say("lobby") });
    this.shadowRoot.replaceChildren(this._list);
    this._looking = setInterval(() => document.hidden || this._look(), LOBBY_EVERY_MS);
    await this._look();
  }

  disconnectedCallback() { clearInterval(this._looking); }

  async _look() {
    const operator = this.getAttribute("operator"), mode = this.getAttribute("mode") ?? "live";
    const path = operator ? `/api/public/${encodeURIComponent(operator)}/tournaments?mode=${mode}` : "/api/public/tournaments";
    try {
      const answer = await (await fetch((this.getAttribute("url") ?? HERE) + path)).json();
      this._offset = Date.parse(answer.serverTime) - Date.now();
      this._draw(answer.tournaments ?? []);
    } catch { /* shown as it was; the next look will tell */ }
  }

  _draw(tournaments) {
    const words = this._words, link = this.getAttribute("link") ?? `${HERE}/t/{id}`;
    const lines = tournaments.map(one => {
      const until = Date.parse(one.status === "open" ? one.startTime : one.endsAt) - Date.now() - this._offset;
      const key = { open: "waiting", scheduled: "waiting", in_progress: "endsIn", completed: "final", cancelled: "cancelled" }[one.status];
      return make("li", {}, make("a", { class: "name", href: link.replace("{id}", one.tournamentId) }, one.name),
        make("span", {}, words.money(one.prizePool, one.currency)), make("span", { class: "clock" }, words.say(key, { time: words.time(until) })));
    });
    this._list.replaceChildren(...(lines.length ? lines : [make("li", {}, words.say("noTournaments"))]));
  }
}

for (const [name, element] of Object.entries({ "pitboss-board": PitbossBoard, "pitboss-ticker": PitbossTicker, "pitboss-lobby": PitbossLobby })) {
  if (!customElements.get(name)) customElements.define(name, element);
}
