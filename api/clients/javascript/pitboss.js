// Everything for a casino's page: the client, the widgets, and how the page and a framed game talk.
export { connect, Tournament } from "./client.js";
export { PitbossBoard, PitbossLobby, PitbossTicker } from "./board.js";
export { casino, inCasino } from "./embed.js";
