// The demo's page: the tournament that is on, and a seat in it for whoever asks.
import "./board.js";
import { connect } from "./client.js";
import { otherSite, write } from "./dom.js";

const LOOK_EVERY_MS = 3_000;
const HOLD_MS = 10_000;
/** @returns {any} */
const $ = id => document.getElementById(id);
let shown = null, overSince = 0;

/** Show the tournament in play; stay with one that has just ended for a moment, so that its winners are seen. */
async function look() {
  const answer = await (await fetch("/api/public/tournaments")).json();
  const all = answer.tournaments ?? [];
  const next = all.find(one => one.status === "in_progress") ?? all.find(one => one.status === "open") ?? all[0];
  if (!next || next.tournamentId === shown?.id) return;
  const isOver = ["completed", "cancelled"].includes(shown?.board.status);
  overSince ||= isOver ? performance.now() : 0;
  if (isOver && performance.now() - overSince < HOLD_MS) return;
  shown?.close();
  shown = connect({ url: location.origin, tournament: next.tournamentId });
  overSince = 0;
  $("board").client = shown;
}

/** A test entry, and to the game with it. */
async function play() {
  $("play").disabled = true;
  const response = await fetch("/demo/entries", { method: "POST" }), answer = await response.json();
  if (response.ok) return location.assign(answer.gameUrl);
  write($("told"), answer.message);
  $("play").disabled = false;
}

$("play").addEventListener("click", play);
$("casino").href = `${otherSite()}/demo/casino`;
if (new URLSearchParams(location.search).has("play")) {
  history.replaceState(null, "", location.pathname);
  play();
}
const again = () => look().catch(() => {}).finally(() => setTimeout(again, LOOK_EVERY_MS));
again();
