"""Bounds of where tournaments live: signs of life, processes that many share, moves, lost nodes."""

from typing import Final

from config.connections import SHARED_OWNER_MAX

HEARTBEAT_EVERY_S: Final = 1.0
# An owner silent for so long, and still so after another while, is given up: after a machine stood still all
# look silent until they have run again. One that is too large to share is started anew, which costs more: it
# is waited for longer.
SILENT_AFTER_S: Final = 2.5
SILENT_AGAIN_S: Final = 1.5
SILENT_LARGE_S: Final = 8.0
RESCUE_LOOK_EVERY_S: Final = 1.0

# A try without an answer looks so often whether the tournament lives elsewhere by now. What Ray's head does
# not say in so long it does not say.
CALL_LOOK_EVERY_S: Final = 1.0
HEAD_PATIENCE_S: Final = 4.0
HEAD_CALLS_MAX: Final = 32

# Calls of one caller to one process that are under way at once, and the messages of each. A process answers
# what it can within so long; the rest is asked for one by one, and kept until there is too much of it.
CALLS_AT_ONCE_MAX: Final = 2
CALL_EVERY_S: Final = 0.002
CALL_MESSAGES_MAX: Final = 128
CALL_ANSWERS_WITHIN_S: Final = 0.1
LATE_ANSWERS_MAX: Final = 10_000

# Callers look so often for shared owners that came up anew.
FOLLOW_EVERY_S: Final = 1.0

# New owner processes started at once per front end: each costs seconds of a core.
ACTIVATIONS_AT_ONCE: Final = 4

# Owners that share a process. It shows life so often, and looks so often who is idle or should move out; so
# many are looked at before calls get their turn.
SHARED_OWNERS_DEFAULT: Final = 2
SHARED_KEEP_UP_EVERY_S: Final = 10.0
SHARED_OWNERS_PER_NODE_MAX: Final = 64
SHARED_CALLS_MAX: Final = 10_000
SHARED_BEAT_EVERY_S: Final = 1.0
SHARED_LOOK_EVERY_S: Final = 1.0
SHARED_LOOKS_PER_TURN: Final = 500
# An owner that has more to decide lets others have their turn after this.
TURN_MS: Final = 10
# A thread looks so often whether the loop comes back; it is late after this. A tournament that holds it up for
# so long in each of two looks moves out; when it stands still for so long, the process ends.
LAG_LOOK_EVERY_S: Final = 0.02
LATE_AFTER_S: Final = 0.015
HEAVY_MS: Final = 80
HEAVY_LOOKS: Final = 2
HUNG_AFTER_S: Final = 2.0
HUNG_STEP_MAX_S: Final = 0.1
LAG_STEP_US: Final = 50_000
# Commits of one process that go as one statement.
COMMIT_GROUP_MAX: Final = 64
SHARED_ENTRIES_MAX: Final = 1_000
# A tournament moves to a process of its own at a moment between five and two minutes before its start, never
# in the last one. So many at once leave a process; without room elsewhere it tries again later.
MOVE_BEFORE_START_MS: Final = 300_000
MOVE_SPREAD_MS: Final = 180_000
MOVE_UNTIL_MS: Final = 60_000
MOVES_AT_ONCE: Final = 1
MOVE_AGAIN_MS: Final = 30_000
WARM_WITHIN_S: Final = 20.0
RECOVERIES_AT_ONCE: Final = 6
# An owner does a step of the schedule by itself that is due within so long; it looks every second.
STEPS_PLANNED_MS: Final = 1_500
TAKE_UP_EVERY_S: Final = 15.0
# A process on a drained node looks so often, and so many times, for a quiet moment; so many hand over at once,
# and a node that is told to stop has so long for all.
HAND_OVER_EVERY_S: Final = 0.05
HAND_OVER_TRIES: Final = 100
HAND_OVERS_AT_ONCE: Final = 8
DRAIN_WITHIN_S: Final = 45.0
# Placements that a caller remembers, how many it follows for one question, and how old loads may be.
ROUTES_KNOWN_MAX: Final = 100_000
ROUTES_TRIED_MAX: Final = 3
LOADS_FRESH_MS: Final = 2_000

# A process of its own without its tournament ends after so many looks, so far apart.
UNUSED_LOOK_EVERY_S: Final = 60.0
UNUSED_LOOKS: Final = 3

# Owners that a node of our own starting has room for: at 92 MiB resident each, what 24 GiB hold.
OWNERS_PER_NODE_MAX: Final = 200

assert HEARTBEAT_EVERY_S * 2 < SILENT_AFTER_S, "one missed beat is not silence"
assert SHARED_BEAT_EVERY_S * 2 < SILENT_AFTER_S, "one missed beat is not silence"
assert HUNG_AFTER_S + 0.5 < SILENT_AFTER_S + SILENT_AGAIN_S - SHARED_BEAT_EVERY_S, (
    "the watchdog names a hanging tournament before its neighbours are given to others"
)
assert max(HEARTBEAT_EVERY_S, SHARED_LOOK_EVERY_S) * 1_000 < STEPS_PLANNED_MS, (
    "no step falls between two looks"
)
assert RECOVERIES_AT_ONCE < SHARED_OWNER_MAX, "signs of life find a connection"
assert HEARTBEAT_EVERY_S < SILENT_AGAIN_S, "who runs again has shown life by the second look"
