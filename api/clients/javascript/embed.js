// How a casino's page and a framed game talk: docs/embed.md has the protocol. Either side may be another one's code.

const HELLO_EVERY_MS = 250;
const SILENCE_MS = 10_000;
const VERSION = 1;

/** What a framed game says. */
export const OUT = [
  "tournament.connected", "tournament.started", "tournament.completed", "player.eliminated", "rebuy.requested",
  "player.score.updated", "round.started", "round.ended", "session.expired", "error", "resize",
];
/** What a casino's page says. */
export const IN = ["rebuy.completed", "session.refresh", "locale.set", "theme.set", "pause", "resume", "limits.reached"];

/** One pinned partner. What comes from any other window or origin is ignored, and so is what is not known. */
class Channel {
  /** @param {string[]} knows */
  constructor(knows) {
    this._knows = new Set(knows);
    this._listeners = new Map();
    this._partner = null;
    /** Settles once the partner is known: what it said of itself, or whether there is one. @type {Promise<any>} */
    this.ready = Promise.resolve();
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this._hello = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this._silence = undefined;
  }

  /** Hear one type of message. Returns how to stop. @param {string} type @param {(data: any) => void} listener */
  on(type, listener) {
    const of = this._listeners.get(type) ?? new Set();
    this._listeners.set(type, of.add(listener));
    return () => of.delete(listener);
  }

  /** Say something; nothing happens before the partner is known. @param {string} type @param {object} [data] */
  send(type, data = {}) {
    if (this._partner) post(this._partner, type, data);
  }

  /** Stop listening. */
  close() {
    removeEventListener("message", this._hears);
    clearInterval(this._hello);
    clearTimeout(this._silence);
  }

  _listen(hear) {
    this._hears = event => {
      const message = event.data;
      if (message?.source !== "pitboss" || message.v !== VERSION || typeof message.type !== "string") return;
      hear(event, message.type, message.data ?? {});
    };
    addEventListener("message", this._hears);
  }

  _is(event) {
    return this._partner !== null && event.source === this._partner.window && event.origin === this._partner.origin;
  }

  _tell(type, data) {
    if (this._knows.has(type)) this._listeners.get(type)?.forEach(listener => listener(data));
  }
}

/** The casino's side: the page that holds the frame. `origin` is that of the game.
 * @param {HTMLIFrameElement} iframe @param {{origin: string}} options */
export function casino(iframe, { origin }) {
  refuse(origin);
  const channel = new Channel(OUT), game = { get window() { return iframe.contentWindow; }, origin };
  channel.ready = new Promise(resolve => {
    channel._listen((event, type, data) => {
      if (event.source !== iframe.contentWindow || event.origin !== origin) return;
      if (type !== "ready") return channel._tell(type, data);
      channel._partner = game;
      clearInterval(channel._hello);
      resolve(data);
    });
  });
  // A frame that is not there yet, or shows another origin, does not hear it: said again until it answers.
  channel._hello = setInterval(() => post(game, "hello", {}), HELLO_EVERY_MS);
  iframe.addEventListener("load", () => {
    clearInterval(channel._hello);
    channel._hello = setInterval(() => post(game, "hello", {}), HELLO_EVERY_MS);
  });
  return channel;
}

/** The game's side, for any game in a frame. `origins` are those of the casino; the page that speaks first from one of them
 * is pinned. `ready` tells whether there is one: false after ten seconds of silence, or outside of a frame.
 * @param {{origins: string[], features?: string[], locale?: string, theme?: string}} options */
export function inCasino({ origins, features = [], locale = "en", theme = "auto" }) {
  const allowed = new Set(origins.filter(origin => origin !== "null" && origin !== "*"));
  const channel = new Channel(IN);
  channel.ready = new Promise(resolve => {
    if (parent === window) return resolve(false);
    channel._silence = setTimeout(() => resolve(false), SILENCE_MS);
    channel._listen((event, type, data) => {
      if (event.source !== parent || !allowed.has(event.origin)) return;
      if (type !== "hello") return channel._is(event) && channel._tell(type, data);
      if (channel._partner && !channel._is(event)) return;
      channel._partner = { window: parent, origin: event.origin };
      clearTimeout(channel._silence);
      channel.send("ready", { features, locale, theme });
      resolve(true);
    });
  });
  return channel;
}

/** Tell the casino's page what happens in a tournament, and take a fresh token from it. `isInterruptible` is asked when a
 * round ends: false while the player is in the middle of something. Returns how to stop.
 * @param {import("./client.js").Tournament} client @param {Channel} channel @param {() => boolean} [isInterruptible] */
export function relay(client, channel, isInterruptible = () => true) {
  const tournament = { tournamentId: client.id };
  const connected = frame => channel.send("tournament.connected", { ...tournament, name: frame.name, status: frame.status });
  const line = state => {
    if (state === "unauthorized") channel.send("session.expired", tournament);
    else if (state === "forbidden" || state === "not_found") channel.send("error", { ...tournament, code: state });
  };
  // The partner may be known later than the tournament: it is told then where things stand.
  const score = ({ position, rank, points, prize }) => channel.send("player.score.updated", { ...tournament, position, rank, points, prize });
  channel.ready.then(() => {
    if (client.welcome) connected(client.welcome);
    if (client.me) score(client.me);
    line(client.connection);
  });
  const stops = [
    client.on("welcome", connected),
    client.on("me", score),
    client.on("lifecycle", frame => lifecycle(frame)),
    client.on("connection", line),
    channel.on("session.refresh", data => typeof data.token === "string" && client.renew(data.token)),
    channel.on("rebuy.completed", () => client.check()),
  ];
  const lifecycle = frame => {
    const round = { ...tournament, round: frame.round };
    if (frame.event === "started") channel.send("tournament.started", tournament);
    else if (frame.event === "completed") channel.send("tournament.completed", tournament);
    else if (frame.event === "eliminated") channel.send("player.eliminated", round);
    else if (frame.event === "round_started") channel.send("round.started", round);
    else if (frame.event === "round_ended") channel.send("round.ended", { ...round, interruptible: isInterruptible() });
  };
  return () => stops.forEach(stop => stop());
}

/** Keep the frame as high as what it shows. Returns how to stop. @param {Channel} channel */
export function tellHeight(channel) {
  const observer = new ResizeObserver(() => channel.send("resize", { heightPx: document.documentElement.scrollHeight }));
  observer.observe(document.body);
  return () => observer.disconnect();
}

function post(partner, type, data) {
  partner.window?.postMessage({ source: "pitboss", v: VERSION, type, data }, partner.origin);
}

function refuse(origin) {
  const isOrigin = (() => { try { return new URL(origin).origin === origin; } catch { return false; } })();
  if (!isOrigin) throw new TypeError(`${origin} is not an origin such as https://games.example`);
}
