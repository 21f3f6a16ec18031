"""Addresses of queues."""

import re

# Amazon's own hosts alone: with our credentials nobody else is talked to.
_QUEUE = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/\d{12}/[A-Za-z0-9_-]{1,75}\.fifo")


def region_of(url: str) -> str | None:
    """The region of an SQS FIFO queue; None when this is no address of one."""
    found = _QUEUE.fullmatch(url)
    return found and found[1]
