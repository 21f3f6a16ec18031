export { connect, Tournament } from "./client.js";
export { PitbossBoard, PitbossLobby, PitbossTicker } from "./board.js";
export { casino, inCasino } from "./embed.js";
