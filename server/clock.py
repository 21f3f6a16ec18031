"""The one file that may read the time."""

import asyncio
import time


class SystemClock:
    """UTC in milliseconds, and waiting."""

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Wait at least `seconds`."""
        await asyncio.sleep(seconds)
