"""Keys that were looked up a moment ago, and whose they are."""

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

from api.context.shared_look import SharedLook
from config.door_limits import KEY_ASKED_AGAIN_MS, KEYS_TOUCHED_MAX, SECRET_GOOD_FOR_MS, SECRETS_GOOD_MAX
from config.limits import KEY_CACHE_S, KEY_STALE_MS, KEY_TOUCH_EVERY_MS
from server.access import keys
from server.domain.ids import Tenant
from server.ports import ApiKey, Clock, Operator, Operators, StoreUnavailable


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated key and its operator."""

    key: ApiKey
    operator: Operator

    @property
    def tenant(self) -> Tenant:
        """Whose data this caller sees."""
        return self.key.tenant

    @property
    def maker(self) -> str:
        """Who stands behind the key: where two people are needed, keys that one made are one."""
        return self.key.person

    @property
    def name(self) -> str:
        """How the journal names this caller."""
        return f"key:{self.key.key_id}"


class KeyCache:
    """Looks keys up, remembering found ones for a few seconds: a revoked key dies that fast."""

    def __init__(self, operators: Operators, clock: Clock) -> None:
        self._operators = operators
        self._clock = clock
        # Until when it need not be looked up again, and when it was; both monotonic.
        self._known: dict[str, tuple[int, Caller, int]] = {}
        self._touched: dict[str, int] = {}
        self._looks = SharedLook(self._look_up)
        self._good: dict[bytes, int] = {}

    def known(self, text: str) -> Caller | None:
        """The caller of a key that was looked up a moment ago and has nothing to be remembered; None says no
        more than that `caller` must be asked."""
        halves = keys.parse(text)
        if halves is None:
            return None
        key_id, secret = halves
        passed_ms = self._clock.monotonic_ms()
        fresh_until_ms, caller, _ = self._known.get(key_id, (0, None, 0))
        if caller is None or passed_ms >= fresh_until_ms or self._is_touch_due(key_id, passed_ms):
            return None
        return caller if keys.matches(caller.key, secret, self._clock.now_ms()) else None

    async def caller(self, text: str) -> Caller | None:
        """The caller of a whole key string, None when it opens nothing."""
        halves = keys.parse(text)
        if halves is None:
            return None
        key_id, secret = halves
        passed_ms = self._clock.monotonic_ms()
        known = self._known.get(key_id)
        if known is None or passed_ms >= known[0]:
            known = await self._looks.find(key_id)
        found = None if known is None else known[1]
        opens = keys.matches(None if found is None else found.key, secret, self._clock.now_ms())
        if opens:
            self._remember(text)
            await self._touch(key_id, passed_ms)
        return found if opens else None

    async def _look_up(self, key_id: str) -> tuple[int, Caller, int] | None:
        """From the store; while that is away, a key that was good a few minutes ago goes on being so."""
        passed_ms = self._clock.monotonic_ms()
        before = self._known.pop(key_id, None)
        try:
            key = await self._operators.key(key_id)
            operator = None if key is None else await self._operators.operator(key.tenant.operator_id)
        except StoreUnavailable:
            if before is None or passed_ms - before[2] > KEY_STALE_MS:
                raise
            self._known[key_id] = known = (passed_ms + KEY_ASKED_AGAIN_MS, *before[1:])
            return known
        if key is None or operator is None:
            return None
        known = (passed_ms + int(KEY_CACHE_S * 1_000), Caller(key, operator), passed_ms)
        self._known[key_id] = known
        if len(self._touched) > KEYS_TOUCHED_MAX:
            self._touched.clear()
        return known

    def _is_touch_due(self, key_id: str, passed_ms: int) -> bool:
        touched_ms = self._touched.get(key_id)
        return touched_ms is None or passed_ms - touched_ms >= KEY_TOUCH_EVERY_MS

    async def _touch(self, key_id: str, passed_ms: int) -> None:
        """Remember the use of a key, at most once a minute; no caller is refused because that fails."""
        if self._is_touch_due(key_id, passed_ms):
            self._touched[key_id] = passed_ms
            with suppress(StoreUnavailable):
                await self._operators.touch_key(key_id, self._clock.now_ms())

    async def may_watch(self, text: str) -> bool:
        """Whether a key may still follow boards."""
        caller = await self.caller(text)
        return caller is not None and "results.read" in caller.key.permissions

    def was_good(self, text: str) -> bool:
        """Whether this whole key opened something within the last hour: who has it is no stranger."""
        seen_ms = self._good.get(sha256(text.encode()).digest())
        return seen_ms is not None and self._clock.monotonic_ms() - seen_ms < SECRET_GOOD_FOR_MS

    def _remember(self, text: str) -> None:
        if len(self._good) >= SECRETS_GOOD_MAX:
            self._good.clear()
        self._good[sha256(text.encode()).digest()] = self._clock.monotonic_ms()

    def forget(self, key_id: str) -> None:
        """Look the key up afresh: it was changed here."""
        self._known.pop(key_id, None)
