// The page /fair/{id}: reads what is published, and checks it in a worker of the visitor's own browser.
import { make, write } from "./dom.js";

const PAGE = 100;
/** @returns {any} */
const $ = id => document.getElementById(id);
const id = decodeURIComponent(location.pathname.split("/").at(-1));

async function read(offset) {
  const response = await fetch(`/api/tournaments/${encodeURIComponent(id)}/fairness?limit=${PAGE}&offset=${offset}`);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

function facts(fairness) {
  const { commitment, salt, saltChosenBy, entrants, beacon, game, operator, links } = fairness;
  const all = {
    "Commitment, published before anyone entered": commitment, "Flights that the chain is made for": links, "Entrants": entrants ? `${entrants.count} (SHA-256 ${entrants.sha256})` : "–",
    "Salt": salt ?? "not yet", "Who chooses the salt": saltChosenBy === "house" ? "the house, by the list of entrants" : `a public beacon: ${beacon.name}, round ${beacon.round ?? "–"}`,
    "Game": `${game.slug} ${game.version ?? ""}, files ${game.filesSha256 ?? "–"}`,
    "This operator's tournaments": `${operator.committed} committed, ${operator.started} started, ${operator.cancelledAfterStart} cancelled after the start`,
  };
  $("facts").replaceChildren(...Object.entries(all).flatMap(([name, value]) => [make("dt", { class: "soft" }, name), make("dd", {}, make("code", {}, String(value)))]));
}

async function begin() {
  const fairness = await read(0), flights = [...fairness.flights];
  facts(fairness);
  while (flights.length < fairness.pagination.total) {
    const more = (await read(flights.length)).flights;
    if (!more.length) break;
    flights.push(...more);
  }
  if (!flights.length) return write($("verdict"), "No flight is over yet.");
  const policy = globalThis.trustedTypes?.createPolicy("pitboss", { createScriptURL: url => url });
  const url = new URL("fair-worker.js", import.meta.url).href, worker = new Worker(policy ? policy.createScriptURL(url) : url, { type: "module" });
  const wrong = [], rows = [];
  worker.onmessage = ({ data }) => {
    if (!data.isDone) {
      if (!data.isRight) wrong.push(data.flight);
      rows.push(make("tr", { id: data.flight }, make("td", {}, String(data.flight)), make("td", {}, `${data.multiplier.toFixed(2)}×`),
        make("td", { class: "link" }, data.link), make("td", { class: data.isRight ? "ok" : "bad" }, data.isRight ? "✓" : "wrong")));
      return write($("verdict"), `Checked ${rows.length} of ${flights.length} flights…`);
    }
    $("flights").replaceChildren(...rows.reverse());
    const right = data.isSalt && !wrong.length;
    $("verdict").className = right ? "ok strong" : "bad";
    write($("verdict"), right ? `All ${rows.length} flights are as they were committed to.` : `Wrong: ${data.isSalt ? `flights ${wrong.join(", ")}` : "the salt"}.`);
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  };
  worker.postMessage({ fairness, flights });
}

begin().catch(error => write($("verdict"), error.message));
