// The pretend casino: a parent page that frames the game from another site, and talks to it.
import { make, otherSite } from "./dom.js";
import { OUT, casino } from "./embed.js";

/** @returns {any} */
const $ = id => document.getElementById(id);
const game = otherSite();
const said = text => $("said").prepend(make("li", {}, text));

async function begin() {
  const response = await fetch("/demo/entries", { method: "POST" }), entry = await response.json();
  if (!response.ok) return said(entry.message);
  const channel = casino($("game"), { origin: game });
  for (const type of OUT) channel.on(type, data => (type === "resize" ? fit(data) : said(`${type} ${JSON.stringify(data)}`)));
  channel.ready.then(data => said(`ready ${JSON.stringify(data)}`));
  $("game").src = `${game}/play/crash-classic/${entry.tournamentId}#token=${entry.token}`;
  $("pause").addEventListener("click", () => {
    const pauses = $("pause").dataset.on !== "yes";
    $("pause").dataset.on = pauses ? "yes" : "no";
    $("pause").textContent = pauses ? "Resume play" : "Pause play";
    channel.send(pauses ? "pause" : "resume");
  });
  $("theme").addEventListener("click", () => {
    const dark = $("theme").textContent === "Dark";
    $("theme").textContent = dark ? "Light" : "Dark";
    channel.send("theme.set", { theme: dark ? "dark" : "light" });
  });
  globalThis.casinoDemo = { channel, entry };
}

function fit({ heightPx }) {
  $("game").height = Math.min(heightPx, 2_000);
}

begin();
