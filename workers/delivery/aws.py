"""Amazon's library, in a module of its own: it takes a second and 30 MB, and comes with the first queue."""

from typing import Any

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError

from config.limits import OUTGOING_TIMEOUT_S

FAULTS = (BotoCoreError, ClientError, TimeoutError, OSError)


def client_of(region: str, endpoint_url: str | None) -> Any:
    """A context manager of an SQS client; one try a call, retries are ours. Credentials by the usual chain."""
    seconds = OUTGOING_TIMEOUT_S / 2
    config = AioConfig(connect_timeout=seconds, read_timeout=seconds, retries={"total_max_attempts": 1})
    return get_session().create_client("sqs", region_name=region, endpoint_url=endpoint_url, config=config)


def status_of(error: Exception) -> int | None:
    """The HTTP status behind an error, None when there was no answer."""
    if not isinstance(error, ClientError):
        return None
    found: int | None = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return found
