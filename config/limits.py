"""Every bound of the house, with its unit and its reason. Relations between bounds are asserted below."""

from typing import Final

# One call to an owner stays under Ray's inline limit of 100 KiB: larger messages go through the
# object store and took 80 times as long when measured.
CALL_BYTES_MAX: Final = 96 * 1024
FACTS_PER_REQUEST_MAX: Final = 1_000
FACTS_PER_CALL_MAX: Final = 1_000
FACT_LANES: Final = 2
FACT_CALL_BYTES_MAX: Final = 64 * 1024

# A mailbox deeper than this answers Unavailable: the caller waits and retries, memory does not grow.
MAILBOX_DEPTH_MAX: Final = 10_000
# One commit takes at most this many waiting requests: bounds the size of one statement.
COMMIT_REQUESTS_MAX: Final = 500
# A commit that takes longer has an unknown outcome: the owner is rebuilt from the store.
COMMIT_TIMEOUT_S: Final = 15.0

# Checkpoint cadence while busy (40-durability.md, section 3).
CHECKPOINT_EVERY_FACTS: Final = 50_000
CHECKPOINT_EVERY_MS: Final = 30_000
# A large state is kept more rarely: so many facts a player, so many times the pause as it has these players.
CHECKPOINT_FACTS_PER_PLAYER: Final = 5
CHECKPOINT_PLAYERS: Final = 10_000
CHECKPOINTS_KEPT: Final = 2

# An owner without calls for this long, and not in play, is passivated.
PASSIVATE_AFTER_MS: Final = 180_000
# A board is read under a lease that was proven at most so long ago; whatever decides anything proves it
# itself.
LEASE_PROOF_MS: Final = 1_000
# After a failure inside an owner, requests are served one by one for so long; a step of the schedule that
# could not be recorded is tried again after it.
CAREFUL_MS: Final = 60_000
# One try of a call to an owner, and the whole of it with retries.
CALL_TRY_TIMEOUT_S: Final = 8.0
CALL_DEADLINE_S: Final = 30.0
# While the database is away callers are told so after this: a restart of it takes a second or two.
STORE_AWAY_DEADLINE_S: Final = 5.0
# A board that was read before is shown as it was, and marked, when its owner does not answer in this time.
BOARD_PATIENCE_S: Final = 1.0
# Keys that were known stay so for this long while the database is away.
KEY_STALE_MS: Final = 600_000
TICK_MS: Final = 200
BOARD_TOP_ROWS: Final = 50
# Rendered pages that a front end keeps for one tick: tournaments, and pages of each.
BOARDS_KEPT_MAX: Final = 1_000
# A whole board of so many rows takes an owner some milliseconds; a question costs what so many rows do.
WHOLE_BOARDS_MAX: Final = 64
WHOLE_BOARD_ROWS_MAX: Final = 2_000
WHOLE_BOARD_ROWS_PER_READ: Final = 100
BOARD_PAGE_DEFAULT: Final = 50
BOARD_PAGE_MAX: Final = 200
AROUND_ROWS_MAX: Final = 20
# Frames kept for resuming sockets: 60 s at five frames a second.
FRAME_RING_MAX: Final = 300
# A front end that polls shows its sockets with every poll; one that has not polled for PRESENCE_S is gone.
LONG_POLL_S: Final = 4.0
PRESENCE_S: Final = 10.0
# Where a carrier brings the frames, the owner is asked this often: for presence, and for what got lost.
POLL_EVERY_S: Final = 3.0
# A board that has no watcher any more is followed for so long, and so many at most.
CHANNEL_LINGERS_S: Final = 60.0
CHANNELS_EMPTY_MAX: Final = 1_000
# Frames are computed only while a front end asked within this time.
WATCHED_FOR_MS: Final = 30_000

# Game rooms. A front end that does not say that nothing is missing is waited for so long behind a moment.
SETTLE_PATIENCE_MS: Final = 1_000
# What a front end delivers in one call, and what it holds of one player, and of all, while an owner is away.
ROOM_DELIVERY_BYTES_MAX: Final = 64 * 1024
ROOM_DELIVERY_INPUTS_MAX: Final = 500
ROOM_HELD_PER_PLAYER_MAX: Final = 16
ROOM_HELD_MAX: Final = 20_000
# Events of a room leave together, so often; those of one frame, and the frames that a late poll still finds.
ROOM_EVENTS_EVERY_MS: Final = 100
ROOM_EVENTS_PER_FRAME_MAX: Final = 50
ROOM_FRAMES_KEPT_MAX: Final = 64
# What an owner keeps for the players at one front end until it asks; the oldest goes first.
ROOM_TOLD_MAX: Final = 20_000
ROOM_HANDS_BYTES_MAX: Final = 64 * 1024
# A handler of a game that takes longer is logged with its name.
ROOM_SLOW_TURN_MS: Final = 50
# How often an owner looks for players who are absent.
ROOM_LOOK_EVERY_MS: Final = 1_000
# Whose connection is lost keeps the seat for so long.
ROOM_SEAT_GRACE_MS: Final = 120_000
# A front end whose wall clock moved by so much between two looks was set; one whose stamps may be so wrong for
# so long is not ready.
CLOCK_STEP_MS: Final = 100
CLOCK_LOOK_MAX_MS: Final = 60_000
CLOCK_TROUBLE_MS: Final = 10_000
STAMP_UNCERTAINTY_US: Final = 100_000
# Rooms of tournaments that are over, as a front end remembers them.
ROOM_RECORDS_MAX: Final = 1_000
# How often a front end asks an owner what time it is, and over how long the quickest answer counts.
ROOM_PING_EVERY_S: Final = 2.0
ROOM_PING_BEST_OF_MS: Final = 30_000
# A room whose game cannot be opened is called off after so long.
ROOM_LOST_AFTER_MS: Final = 600_000
# A connection without a request is kept for longer than proxies and most clients keep theirs (75 s): if we
# closed first, a request could meet a closed connection.
KEEP_ALIVE_S: Final = 80
BODY_BYTES_MAX: Final = 1024 * 1024
# Registrations that find their tournament started move on in its lobby, racing with others who do.
LOBBY_TRIES_MAX: Final = 20
# Whole journals that a front end reads at once, each for one caller.
JOURNALS_READ_AT_ONCE: Final = 2
SIMULATED_FACTS_MAX: Final = 5_000
# A page of a trace travels as one reply.
TRACE_PAGE_DEFAULT: Final = 200
TRACE_PAGE_MAX: Final = 500
LIST_PAGE_DEFAULT: Final = 50
LIST_PAGE_MAX: Final = 100
PLAYERS_PAGE_DEFAULT: Final = 100
PLAYERS_PAGE_MAX: Final = 500
SOCKET_MESSAGE_BYTES_MAX: Final = 4 * 1024
# A game platform's stream of facts: as large as a request over HTTP, and so many batches under way at once.
STREAM_MESSAGE_BYTES_MAX: Final = BODY_BYTES_MAX
STREAM_BATCHES_MAX: Final = 16
SOCKET_MESSAGES_PER_S: Final = 20
SOCKET_AUTH_TIMEOUT_S: Final = 5.0
# What the kernel holds for a reader that is slow; beyond it, it gets no more until that has left.
SOCKET_KERNEL_BUFFER_BYTES: Final = 64 * 1024
# Shared by all sockets that ask for deflate: boards are a few KB and deflate to a fifth in a window of 4 KB.
SOCKET_WINDOW_BITS: Final = 12
SOCKET_DEFLATE_FROM_BYTES: Final = 512
SOCKET_STUCK_AFTER_MS: Final = 30_000
SOCKET_PING_MS: Final = 20_000
SOCKET_CLOSE_MS: Final = 10_000
# A client that has seen a newer board elsewhere waits so long for this front end to have it.
REACH_PATIENCE_S: Final = 2.0
# Sockets written to before others get their turn: 10 ms of a core.
SOCKETS_PER_TURN: Final = 500
ME_FRAME_EVERY_S: Final = 1.0
ROOM_FRAME_EVERY_S: Final = 5.0
# So many requests of strangers are worked on at once; one that takes longer than a turn makes room, and after
# the longest wait every caller may go on.
STRANGERS_AT_ONCE: Final = 2
STRANGER_TURN_S: Final = 0.1
STRANGER_WAITS_S: Final = 2.0
# After the end a player's socket stays so long for news of what the player is owed.
LAST_WORD_MS: Final = 10_000
# Places of so many players travel as one reply.
PLACES_PER_CALL_MAX: Final = 1_500

# Answers to keyed requests: kept for two days; a claim without an answer is free again after this.
ANSWERS_KEPT_MS: Final = 48 * 3_600_000
HOUSEKEEPING_EVERY_S: Final = 600.0
READY_FOR_MS: Final = 2_000
CLAIM_STALE_MS: Final = 20_000
CLAIMS_AT_ONCE: Final = 64
LOOKS_AT_ONCE: Final = 256
CLAIM_HOLD_EVERY_S: Final = 5.0
# An external id that was claimed for a tournament which was never created is free again after this.
EXTERNAL_ID_STALE_MS: Final = 60_000
CLAIM_POLL_S: Final = 0.05
KEY_CACHE_S: Final = 5.0
KEY_TOUCH_EVERY_MS: Final = 60_000
KEY_OVERLAP_DEFAULT_S: Final = 24 * 3600
# Of one tenant; revoked keys do not count.
KEYS_MAX: Final = 100
TEMPLATES_MAX: Final = 200

# Rooms that wait for a public beacon: how often is looked, and for how many at once.
BEACON_POLL_S: Final = 1.0
BEACON_ROOMS_MAX: Final = 500

SCHEDULE_BATCH_MAX: Final = 1_000
# So many tournaments are moved at once; so many more wait for their turn in a worker.
SCHEDULE_AT_ONCE: Final = 32
SCHEDULE_WAITING_MAX: Final = 20_000
# One that cannot be moved is tried again after pauses that grow up to the longest: it must not hold up others.
SCHEDULE_PAUSE_MS: Final = 1_000
SCHEDULE_PAUSE_MAX_MS: Final = 60_000
# How often is looked for tournaments that start within minutes, to wake them.
SCHEDULE_WAKE_EVERY_S: Final = 15.0
SCHEDULE_POLL_S: Final = 0.5
# Owners that are awake do their steps on time by themselves; a worker does those that are so late.
SCHEDULE_GRACE_MS: Final = 1_000
# A step of the schedule that is not done so long after it was due is an alert.
OVERDUE_AFTER_MS: Final = 60_000

# Calls to systems of operators.
OUTGOING_TIMEOUT_S: Final = 10.0
OUTGOING_ANSWER_BYTES_MAX: Final = 16 * 1024
# Settlement: a claim outlives every call of its batch; pauses between tries grow to a day and a half in all.
SETTLEMENT_POLL_S: Final = 1.0
SETTLEMENT_BATCH_MAX: Final = 200
PAYOUTS_AT_ONCE: Final = 20
PAYOUT_CLAIM_MS: Final = 180_000
# How long workers leave payouts alone when the front end that held them has died.
PAYOUT_HOLD_MS: Final = 90_000
SETTLEMENT_PAUSES_S: Final = (10, 60, 300, 1_800, 7_200, 21_600, 43_200, 57_600)

# Events out. The router and the deliverer look so often; a cursor is worked on for so long, then given back.
ROUTE_POLL_S: Final = 0.25
ROUTE_BATCH_MAX: Final = 1_000
DELIVERY_POLL_S: Final = 0.1
DELIVERY_NOTE_EVERY_S: Final = 0.02
DELIVERY_CLAIM_MS: Final = 40_000
DELIVERY_SEND_UNTIL_MS: Final = 20_000
CURSORS_PER_ENDPOINT: Final = 16
CURSOR_EVENTS_MAX: Final = 50
# A worker that has so many under way claims no more: what they hold stays in bounds.
CURSORS_AT_ONCE: Final = 1_000
# Pauses between tries grow to a day and a half in all: over 24 h even when jitter halves every one of them.
DELIVERY_PAUSES_S: Final = (
    5,
    30,
    120,
    300,
    900,
    1_800,
    3_600,
    7_200,
    14_400,
    21_600,
    28_800,
    28_800,
    43_200,
    43_200,
)
RETRY_AFTER_MAX_S: Final = 3_600.0
# What fits a queue's message of 256 KiB with its envelope.
EVENT_DATA_BYTES_MAX: Final = 200 * 1024
QUEUE_BATCH_MAX: Final = 10
QUEUE_BATCH_BYTES_MAX: Final = 250 * 1024
ANSWER_KEPT_CHARS: Final = 1_000
# What a wallet or a webhook says of a payout.
FOREIGN_WORDS_MAX: Final = 300
ATTEMPTS_KEPT_MS: Final = 30 * 86_400_000
ENDPOINTS_MAX: Final = 20
REDELIVER_MAX: Final = 10_000
TEST_PATIENCE_S: Final = 15.0
CURSOR_MAX: Final = 10**15 - 1
ALARM_POLL_S: Final = 30.0
BEHIND_AFTER_MS: Final = 300_000
DISABLE_AFTER_MS: Final = 5 * 86_400_000

RAY_START_TRIES: Final = 5
RAY_START_TIMEOUT_S: Final = 90.0

assert FACT_CALL_BYTES_MAX < CALL_BYTES_MAX, "a call of facts must fit a message"
assert FACTS_PER_CALL_MAX >= 100, "a batch of 100 must travel as one call"
assert CLAIM_HOLD_EVERY_S * 3 * 1_000 < CLAIM_STALE_MS, "one missed sign is not the end of a claim"
assert CALL_TRY_TIMEOUT_S < CALL_DEADLINE_S, "a call must be able to retry"
assert max(LONG_POLL_S, POLL_EVERY_S) * 2 < PRESENCE_S, "one late poll does not empty a room"
assert SETTLEMENT_BATCH_MAX / PAYOUTS_AT_ONCE * OUTGOING_TIMEOUT_S < PAYOUT_CLAIM_MS / 1_000, (
    "claims outlive calls"
)
assert CALL_DEADLINE_S * 1_000 < PAYOUT_HOLD_MS, "a hold outlives the call to the owner"
assert DELIVERY_SEND_UNTIL_MS + 1_000 * OUTGOING_TIMEOUT_S < DELIVERY_CLAIM_MS, (
    "no event leaves under a lost claim"
)
assert sum(DELIVERY_PAUSES_S) / 2 > 24 * 3600, "a receiver has a day, at the least jitter"
assert FRAME_RING_MAX * TICK_MS >= 60_000, "sockets may resume for a minute"
