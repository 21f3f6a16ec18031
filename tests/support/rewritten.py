"""A log as a forger with the database would leave it: rows are changed, and all hashes fit again."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from server.encoding import codec
from server.ports import BlockRow, EventRow

LogRow = EventRow | BlockRow


def rewritten(log: Iterable[LogRow], payload_of: Callable[[LogRow], bytes]) -> list[LogRow]:
    """The same rows with other payloads."""
    chain, rows = codec.CHAIN_START, list[LogRow]()
    for row in log:
        payload = payload_of(row)
        if isinstance(row, EventRow):
            chain = codec.chained(chain, row.seq, row.kind, row.at_ms, payload, row.actor)
        else:
            chain = codec.chained(chain, row.last_seq, row.kind, row.at_ms, payload)
        rows.append(replace(row, payload=payload, hash=chain))
    return rows
