// A crash room as a good engineer writes it in an evening: one Node process with `ws`, all in memory, nothing stored.
// The rules, frames and pace are those of ours: betting, a climb that every client computes, cash-outs at the moment of
// arrival, broadcasts at most ten times a second. No authentication: the token is the player's number.
// node plain_room.js <port> <bettingMs> <pauseMs> <cap in hundredths>
const {WebSocketServer} = require("ws");
const crypto = require("crypto");

const [port, bettingMs, pauseMs, cap] = process.argv.slice(2).map(Number);
const players = new Map();
let events = [], seq = 0, flight = 0, phase = "pause", startsAt = 0, crashAt = 0, point = 0, seats = 0;

const climb = (ms) => Math.floor(100 * Math.exp(0.00006 * ms));
const everyone = (text) => { for (const player of players.values()) player.socket.send(text); };

function flush() {
  if (!events.length) return;
  seq += 1;
  const leftOut = Math.max(events.length - 50, 0);
  everyone(JSON.stringify({type: "room_events", epoch: 1, seq, events: events.slice(-50), leftOut}));
  events = [];
}
const tell = (kind, data, urgent) => { events.push({kind, atMs: Date.now(), data}); if (urgent) flush(); };
setInterval(flush, 100);

function begin() {
  flight += 1;
  phase = "betting";
  startsAt = Date.now() + bettingMs;
  for (const player of players.values()) player.bet = null;
  tell("flight_began", {flight, startsAtMs: startsAt}, true);
  setTimeout(takeOff, bettingMs);
}

function takeOff() {
  phase = "climb";
  const drawn = parseInt(crypto.randomBytes(7).toString("hex").slice(0, 13), 16);
  point = Math.min(Math.max(100, Math.floor(99 * 2 ** 52 / (2 ** 52 - drawn))), cap);
  crashAt = startsAt + Math.ceil(Math.log(point / 100) / 0.00006);
  tell("climb", {flight, startsAtMs: startsAt}, true);
  setTimeout(crash, Math.max(crashAt - Date.now(), 0));
}

function crash() {
  phase = "pause";
  tell("crash", {flight, multiplier: point / 100}, true);
  for (const player of players.values()) {
    if (!player.bet) continue;
    const paid = player.bet.paid || (point >= cap ? point : 0);
    player.credits += Math.floor(player.bet.amount * paid / 100);
    player.socket.send(JSON.stringify({type: "hand", flight, credits: player.credits}));
  }
  tell("flight_ended", {flight}, true);
  setTimeout(begin, pauseMs);
}

function play(player, {id, flight: on, move, with: given = {}}) {
  const refuse = (error) => JSON.stringify({type: "refused", id, error});
  if (on !== flight) return refuse("flight_over");
  if (move === "bet") {
    const {amount} = given;
    if (phase !== "betting") return refuse("betting_closed");
    if (player.bet) return refuse("already_bet");
    if (!Number.isInteger(amount) || amount < 1 || amount > player.credits) return refuse("bet_out_of_range");
    player.credits -= amount;
    player.bet = {amount, paid: 0};
    tell("bet", {player: player.number, amount});
    return JSON.stringify({type: "played", id, flight, answer: {amount, credits: player.credits}});
  }
  if (move === "cash_out") {
    const now = Date.now();
    if (!player.bet) return refuse("no_bet");
    if (phase !== "climb" || now >= crashAt) return refuse("not_in_the_air");
    if (player.bet.paid) return refuse("already_cashed_out");
    player.bet.paid = climb(now - startsAt);
    tell("cashed_out", {player: player.number, multiplier: player.bet.paid / 100});
    return JSON.stringify({type: "played", id, flight, answer: {multiplier: player.bet.paid / 100}});
  }
  return refuse("unknown_move");
}

new WebSocketServer({port, host: "127.0.0.1", perMessageDeflate: false}).on("connection", (socket) => {
  const player = {socket, number: seats += 1, credits: 1000000, bet: null};
  socket.send(JSON.stringify({type: "welcome"}));
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.type === "join") {
      players.set(socket, player);
      socket.send(JSON.stringify({type: "joined", seat: player.number, lastId: 0}));
    } else if (message.type === "play") {
      socket.send(play(player, message));
    }
  });
  socket.on("close", () => players.delete(socket));
});
setTimeout(begin, 1000);
