"""Bounds of a front end: what callers may send, how often, and what is remembered of them. Those that owners
and workers share are in `config.limits`."""

from typing import Final

from config.limits import BODY_BYTES_MAX

# What an HTTP connection may send before it is a request, and how long that may take.
HEAD_BYTES_MAX: Final = 32 * 1024
URL_BYTES_MAX: Final = 8 * 1024
HEADERS_MAX: Final = 100
# A body and all that comes with it, trailers too.
REQUEST_BYTES_MAX: Final = 2 * BODY_BYTES_MAX
LANE_BODY_BYTES_MAX: Final = 64 * 1024
HEAD_WITHIN_MS: Final = 10_000
BODY_WITHIN_MS: Final = 30_000
# A body beyond this is parsed in a thread: it would take some ms of the loop, a full one over 20.
BODY_LARGE_BYTES: Final = 64 * 1024
# Numbers with more digits are no amounts; exact arithmetic with them has a price.
BODY_DIGITS_MAX: Final = 40
QUERY_DIGITS_MAX: Final = 15
OFFSET_MAX: Final = 10**8
IDEMPOTENCY_KEY_CHARS_MAX: Final = 255
TOKEN_BYTES_MAX: Final = 4_096
FACT_ID_CHARS_MAX: Final = 128
FACT_NAME_CHARS_MAX: Final = 512

# What a refusal shows of what was wrong.
SHOWN_CHARS: Final = 100
FAULTS_SHOWN_MAX: Final = 100
FACT_FAULTS_SHOWN_MAX: Final = 20
# Names that are near to so many unknown ones are looked for; that costs more than all the rest.
HINTS_MAX: Final = 20
RETRY_AFTER_S: Final = 1

# Requests of a key by kind, as the published page has them.
REQUESTS_PER_MINUTE: Final = {"create": 10, "registration": 200, "results": 500, "other": 100}
# Of a player's own token: a trace reads a whole journal.
PLAYER_PER_MINUTE: Final = {"reads": 60, "trace": 10}
# Test entries that strangers get from one address.
DEMO_ENTRIES_PER_HOUR: Final = 5
# All keys of a tenant together may ask so many times as much as one.
TENANT_FACTOR: Final = 10
PLATFORM_PER_MINUTE: Final = 5_000
PLATFORM_PER_10_S: Final = 500
# A limiter whose Redis is away counts alone and tries again after the pause.
LIMITER_PATIENCE_S: Final = 0.25
LIMITER_PAUSE_MS: Final = 1_000
LIMITER_SWEEP_AT: Final = 10_000
LIMITER_NAMES_MAX: Final = 200_000
WINDOWS_KEPT_MAX: Final = 4_096

# A slice holds a few hundred of the smallest frames: what is too much is seen before the rest is read.
SOCKET_SLICE_BYTES: Final = 4_096
SOCKET_SLICES_AFTER_CLOSE_MAX: Final = 4
# Requests under way and sockets have so long to end when a front end stops.
CONNECTIONS_END_S: Final = 5

# What a front end remembers. Whose a tournament is never changes, and lists may be a second late.
SUMMARY_FRESH_MS: Final = 1_000
SUMMARIES_MAX: Final = 10_000
# While the database is away a key is asked for again after this.
KEY_ASKED_AGAIN_MS: Final = 1_000
# How often a front end asks which players' tokens were ended, and how far it looks back: clocks differ.
TOKENS_LOOK_EVERY_MS: Final = 2_000
TOKENS_LOOK_BACK_MS: Final = 30_000
KEYS_TOUCHED_MAX: Final = 10_000
# A key that was good within this time does not count as a stranger's request.
SECRET_GOOD_FOR_MS: Final = 3_600_000
SECRETS_GOOD_MAX: Final = 100_000
ANSWER_FRESH_MS: Final = 1_000
ANSWERS_MAX: Final = 1_000
# A player's token lasts a day beyond the planned end. A lobby that waits is planned to start within a week.
TOKEN_AFTER_END_MS: Final = 86_400_000
TOKEN_WAITS_MS: Final = 7 * 86_400_000

OPERATOR_GAMES_MAX: Final = 500
OPERATOR_ORIGINS_MAX: Final = 100
OPERATOR_URL_CHARS_MAX: Final = 500
