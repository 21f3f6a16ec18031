// The page of one tournament: a board with a connection of its own.
import "./board.js";
import { connect } from "./client.js";

const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? undefined;
history.replaceState(history.state, "", location.pathname);
const client = connect({ url: location.origin, tournament: decodeURIComponent(location.pathname.split("/").at(-1)), token, join: false });
client.on("welcome", frame => { document.title = frame.name; });
addEventListener("online", () => client.check());
document.addEventListener("visibilitychange", () => document.hidden || client.check());
Object.assign(document.getElementById("board"), { client });
