// The page of crash-classic: one client for the game and the board beside it.
import "./board.js";
import { connect } from "./client.js";
import { Flight, climb, reachedAt } from "./crash.js";
import { isCalm, make, write } from "./dom.js";
import { inCasino, relay, tellHeight } from "./embed.js";
import { wordsOf } from "./texts.js";

const SHOWN_MS = 4_000;
const COUNT_EVERY_MS = 250;
/** @returns {any} */
const $ = id => document.getElementById(id);
const ANSWERS = { not_sent: "notSent", unknown: "unknown", seat_taken_elsewhere: "seatTaken", not_entered: "notIn", eliminated: "eliminated" };

class Page {
  constructor(tournament, token, words) {
    this.words = words;
    this.client = connect({ url: location.origin, tournament, token });
    this.game = new Flight(this.client);
    this.saidUntil = 0;
    this.paused = false;
    this.toldFlight = 0;
    this.draws = $("curve").getContext("2d");
    this._fit();
    $("board").client = this.client;
    this._label();
    this._listen();
    this._later();
  }

  _label() {
    const say = key => this.words.say(key);
    document.documentElement.lang = this.words.language;
    document.documentElement.dir = this.words.direction;
    write($("amount-name"), say("amount"));
    write($("auto-name"), say("auto"));
    write($("fair"), say("provablyFair"));
    $("fair").href = `/fair/${this.client.id}`;
    $("points").setAttribute("aria-label", say("lastFlights"));
    $("amount").value = 50;
  }

  _listen() {
    const client = this.client;
    client.on("change", () => this._later());
    client.on("welcome", frame => { document.title = frame.name; });
    client.on("refused", frame => frame.id === null && this._refused(frame));
    client.on("hand", () => this._settled());
    $("stake").addEventListener("submit", event => { event.preventDefault(); this._act(); });
    $("auto").addEventListener("change", () => this._setAuto());
    addEventListener("online", () => client.check());
    document.addEventListener("visibilitychange", () => document.hidden || client.check());
  }

  // What the player does

  _act() {
    const { game, client } = this;
    if (game.isFlying) return this._move("cash_out");
    if (game.phase === "betting" && game.bet) return this._move("cancel_bet");
    const auto = $("auto").valueAsNumber, amount = Math.round($("amount").valueAsNumber);
    if (client.connection !== "live" || game.phase === "betting") this._move("bet", { amount, ...(auto && { autoCashOut: auto }) });
  }

  _setAuto() {
    if (!this.game.bet || !["betting", "climb"].includes(this.game.phase)) return;
    this._move("set_auto", { autoCashOut: $("auto").valueAsNumber || null });
  }

  async _move(move, given) {
    if (this.paused) return;
    const answer = await this.client.play(move, given);
    if (answer.type === "refused") this._refused(answer);
    else if (answer.answer.win !== undefined) this._say(this.words.say("youWon", { amount: this.words.number(answer.answer.win) }));
  }

  _refused({ error }) {
    if (error === "room_waiting") return;
    this._say(ANSWERS[error] ? this.words.say(ANSWERS[error]) : this.words.say("refused", { reason: error.replaceAll("_", " ") }));
  }

  /** What became of a bet is known when the hand says so, not when the flight is over. */
  _settled() {
    const { bet, phase, flight } = this.game;
    if (phase !== "pause" || !bet || bet.win === null || this.toldFlight === flight) return;
    this.toldFlight = flight;
    const [key, amount] = bet.win > 0 ? ["youWon", bet.win] : ["youLost", bet.amount];
    this._say(this.words.say(key, { amount: this.words.number(amount) }));
  }

  _say(text) {
    this.saidUntil = performance.now() + SHOWN_MS;
    write($("news"), text);
  }

  // What is seen

  _later() {
    this._asked ??= requestAnimationFrame(() => {
      this._asked = undefined;
      this._draw();
      if (this.game.phase === "climb" && !this.game.crashed) this._later();
    });
  }

  _draw() {
    const { game, client, words } = this, multiplier = game.multiplier;
    const phase = game.crashed ? "crashed" : game.phase;
    if ($("sky").dataset.phase !== phase) this._paint(phase);
    const started = phase === "climb" || phase === "crashed";
    write($("multiplier"), started ? `${words.number(multiplier, 2)}×` : this._countdown(phase));
    this._drawLine(client);
    this._drawAct(multiplier);
    if (performance.now() > this.saidUntil) write($("news"), this._news(phase));
    if (this._seen !== client.room || phase !== "climb") this._drawLists();
    this._seen = client.room;
    this._drawCurve(started ? multiplier : 1);
    if (phase === "betting" || game.opensMs) this._soon();
  }

  /** The countdown goes on, by one timer however often is drawn. */
  _soon() {
    this._counting ??= setTimeout(() => {
      this._counting = undefined;
      this._later();
    }, COUNT_EVERY_MS);
  }

  _countdown(phase) {
    const until = phase === "betting" ? this.game.startsAtMs : this.game.opensMs;
    return until && phase !== "idle" ? `${Math.max(0, (until - this.client.roomNow()) / 1_000).toFixed(1)} s` : "–";
  }

  _drawLine(client) {
    write($("line"), this.words.line(client.connection));
    $("line").dataset.is = client.connection;
    write($("flight"), this.game.flight ? this.words.say("flight", { flight: this.game.flight }) : "");
    write($("credits"), client.hand ? this.words.say("credits", { amount: this.words.number(this.game.credits) }) : this.words.say("watching"));
  }

  _drawAct(multiplier) {
    const { game, words } = this, button = $("act"), bet = game.bet, seated = this.client.seat > 0 && !this.paused;
    const won = bet ? Math.floor(bet.amount * Math.round(multiplier * 100) / 100) : 0;
    const canBet = game.phase === "betting" && !bet;
    let text = words.say("betFor", { amount: words.number($("amount").valueAsNumber || 0) });
    if (game.isFlying) text = words.say("cashOutAt", { amount: words.number(won) });
    else if (game.phase === "betting" && bet) text = words.say("cancelBet");
    write(button, text);
    // Without a line the button stays: who clicks is told that nothing was sent.
    const offline = this.client.connection === "reconnecting" && (game.isFlying || canBet);
    button.disabled = !(offline || (seated && (canBet || game.isFlying || (game.phase === "betting" && bet))));
  }

  _news(phase) {
    const { game, words } = this, bet = game.bet;
    if (game.opensMs) return words.say("waitingForBeacon");
    if (bet?.win) return words.say("youWon", { amount: words.number(bet.win) });
    if (phase === "betting") return bet ? words.say("inTheAir", { amount: words.number(bet.amount) }) : words.say("betting");
    if (phase === "climb") return bet ? words.say("inTheAir", { amount: words.number(bet.amount) }) : "";
    if (phase === "crashed") return words.say("crashedAt", { multiplier: `${words.number(game.crashed, 2)}×` });
    return words.say(phase === "idle" ? "noMoreFlights" : "nextFlight");
  }

  _drawLists() {
    const { game, words } = this;
    const points = game.lastPoints.map(({ flight, multiplier }) => make("li", {}, make("a",
      { href: `/fair/${this.client.id}#${flight}`, target: "_blank", rel: "noopener", class: multiplier >= 2 ? "high" : "" }, `${words.number(multiplier, 2)}×`)));
    $("points").replaceChildren(...points.reverse());
    const players = [...game.players.values()].map(({ displayName, amount, multiplier }) => make("li", { class: multiplier ? "left" : "" },
      make("span", {}, displayName), make("span", {}, multiplier ? `${words.number(multiplier, 2)}×` : words.number(amount))));
    $("players").replaceChildren(...players.reverse().slice(0, 12));
  }

  /** The canvas has as many pixels as the screen shows of it. Looked at when it changes: asked in each frame, the page
   * would be laid out in each. */
  _fit() {
    const canvas = $("curve");
    new ResizeObserver(() => {
      [canvas.width, canvas.height] = [canvas.clientWidth, canvas.clientHeight].map(of => Math.round(of * devicePixelRatio));
      this._later();
    }).observe(canvas);
  }

  /** Colours go by the phase and the theme. */
  _paint(phase = $("sky").dataset.phase) {
    $("sky").dataset.phase = phase;
    this._colour = getComputedStyle($("multiplier")).color;
  }

  /** The climb as a line, as far as it has come; scaled so that it always ends near the top right. */
  _drawCurve(multiplier) {
    const context = this.draws, { width, height } = context.canvas;
    context.clearRect(0, 0, width, height);
    if (multiplier <= 1) return;
    const endMs = reachedAt(multiplier), wholeMs = Math.max(endMs, 4_000), top = Math.max(multiplier, climb(4_000)) - 1;
    context.beginPath();
    for (let step = 0; step <= 48; step++) {
      const ms = endMs * step / 48;
      context.lineTo(ms / wholeMs * width * 0.94, height * 0.96 - (Math.exp(0.00006 * ms) - 1) / top * height * 0.8);
    }
    context.lineWidth = 4 * devicePixelRatio;
    context.lineCap = "round";
    context.strokeStyle = this._colour;
    context.stroke();
  }
}

async function begin() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
  history.replaceState(history.state, "", location.pathname);
  const origins = document.querySelector("meta[name=pitboss-origins]").getAttribute("content").split(" ").filter(Boolean);
  const page = new Page(decodeURIComponent(location.pathname.split("/").at(-1)), token, await wordsOf());
  const channel = inCasino({ origins, features: ["play", "board"], locale: page.words.language });
  relay(page.client, channel, () => !page.game.isFlying);
  tellHeight(channel);
  channel.on("locale.set", async ({ locale }) => {
    page.words = await wordsOf(String(locale));
    $("board").setAttribute("lang", page.words.language);
    page._label();
    page._later();
  });
  channel.on("theme.set", ({ theme }) => {
    document.documentElement.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";
    $("board").setAttribute("theme", document.documentElement.dataset.theme);
    page._paint();
  });
  const pause = paused => () => {
    page.paused = paused;
    document.documentElement.toggleAttribute("data-paused", paused);
    page._later();
  };
  channel.on("pause", pause(true));
  channel.on("limits.reached", pause(true));
  channel.on("resume", pause(false));
  if (isCalm()) document.documentElement.dataset.calm = "";
  globalThis.pitboss = { client: page.client, game: page.game, page };
}

begin();
