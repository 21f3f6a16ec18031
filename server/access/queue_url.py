"""Addresses of queues."""

import re

# Amazon's own hosts alone: no other host gets our credentials.
_QUEUE = re.compile(r"https://sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/\d{12}/[A-Za-z0-9_-]{1,75}\.fifo")


def region_of(url: str) -> str | None:
    """The region of an SQS FIFO queue; None when this is no address of one."""
    found = _QUEUE.fullmatch(url)
    return found and found[1]


def is_queue_of(url: str, operator_id: str) -> bool:
    """Whether this is a FIFO queue that was made for the events of this operator: its name says so, so that
    no operator writes into another's queue with our credentials."""
    name = url.rpartition("/")[2].removesuffix(".fifo")
    # One word follows: with more, `acme` could name the queue of `acme-eu`.
    head, _, last = name.rpartition("-")
    return region_of(url) is not None and head == f"pitboss-{operator_id}" and bool(last)
