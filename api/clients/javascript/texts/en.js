export default {
  waiting: "Starts in {time}", startsSoon: "Starts soon", endsIn: "Ends in {time}", roundEndsIn: "Round {round} of {rounds} ends in {time}",
  settling: "Play is over. Late results are counted.", final: "Final", cancelled: "Cancelled", noRows: "No entries yet",
  live: "Live", reconnecting: "Reconnecting", connecting: "Connecting", signInAgain: "Your session has ended", gone: "This tournament is not shown",
  players: "{count} players", pool: "Prize pool {amount}",   placeShort: "#", player: "Player", points: "Points", prize: "Prize", out: "out",
  toNextPrize: "{points} points to the next prize", myPlace: "You are in place {place} with {points} points.",
  pause: "Pause updates", resume: "Resume updates", podium: "Winners", lobby: "Tournaments", noTournaments: "No tournament right now",
  bet: "Bet", betFor: "Bet {amount}", cashOutAt: "Cash out {amount}", cancelBet: "Cancel bet", auto: "Auto cash-out",
  amount: "Amount", credits: "Credits {amount}", betting: "Place your bets", nextFlight: "Next flight soon", noMoreFlights: "No more flights",
  flight: "Flight {flight}", crashedAt: "Crashed at {multiplier}", youWon: "You won {amount}", youLost: "You lost {amount}", inTheAir: "{amount} in the air",
  notSent: "Not sent: no connection", unknown: "The line broke before an answer: see your credits", waitingForBeacon: "Waiting for public randomness",
  notIn: "You are watching. Enter to play.", eliminated: "You are out of this tournament", lastFlights: "Last flights", provablyFair: "Provably fair",
  refused: "Refused: {reason}", watching: "Watching", seatTaken: "You play in another window", };
