// The page of one operator's public tournaments.
import "./board.js";

const [, kind, operator] = location.pathname.split("/");
const lobby = document.getElementById("lobby"), fresh = /** @type {HTMLElement} */ (lobby.cloneNode());
if (kind === "o") fresh.setAttribute("operator", decodeURIComponent(operator));
fresh.setAttribute("mode", new URLSearchParams(location.search).get("mode") === "test" ? "test" : "live");
lobby.replaceWith(fresh);
