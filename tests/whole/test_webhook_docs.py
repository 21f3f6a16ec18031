"""What docs/webhooks.md prints is what happens: verifiers, event types, pauses."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from config.limits import DELIVERY_PAUSES_S
from server.public_events.catalogue import CATALOGUE, sentence_of
from workers.signing import signed

PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
SECRETS = ("whsec_bmV3LXNlY3JldA==", "whsec_b2xkLXNlY3JldA==")
NOW_MS = 1_800_000_000_000
BODY = '{"eventId":"evt_1","data":{"displayName":"Zoë"}}'.encode()
Verify = Callable[[str, dict[str, str], bytes, float], bool]


def printed(language: str) -> str:
    """The code of the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def in_python(secret: str, headers: dict[str, str], body: bytes, now: float) -> bool:
    place: dict[str, Any] = {}
    exec(printed("python"), place)
    try:
        place["verify"](secret, headers, body, now)
    except ValueError:
        return False
    return True


def in_javascript(secret: str, headers: dict[str, str], body: bytes, now: float) -> bool:
    given = ", ".join(json.dumps(one) for one in (secret, headers, body.decode(), now))
    ran = subprocess.run(["node", "-e", f"{printed('javascript')}\nverify({given});"], capture_output=True)
    assert ran.returncode == 0 or b"throw new Error" in ran.stderr, ran.stderr
    return ran.returncode == 0


def headers_of(*secrets: str, now_ms: int = NOW_MS, body: bytes = BODY) -> dict[str, str]:
    return signed("evt_1", body, secrets, now_ms)


NO_NODE = pytest.mark.skipif(shutil.which("node") is None, reason="no JavaScript here")


@pytest.mark.parametrize("verify", [in_python, pytest.param(in_javascript, marks=NO_NODE)])
def test_the_printed_verifier_takes_ours_and_refuses_everything_else(verify: Verify) -> None:
    now = NOW_MS / 1_000
    good = headers_of(SECRETS[0])
    assert verify(SECRETS[0], good, BODY, now)
    both = headers_of(*SECRETS)
    assert verify(SECRETS[0], both, BODY, now) and verify(SECRETS[1], both, BODY, now + 299)
    assert not verify(SECRETS[1], good, BODY, now), "a wrong secret"
    assert not verify(SECRETS[0], good, BODY.replace(b"evt_1", b"evt_2"), now), "a tampered body"
    assert not verify(SECRETS[0], good | {"webhook-id": "evt_9"}, BODY, now), "another id"
    assert not verify(SECRETS[0], good, BODY, now + 301), "an old timestamp"
    assert not verify(SECRETS[0], good, BODY, now - 301), "one from the future"
    newer = good | {"webhook-timestamp": str(int(now) + 600)}
    assert not verify(SECRETS[0], newer, BODY, now + 600), "a timestamp that was not signed"
    assert not verify(SECRETS[0], good | {"webhook-signature": "v1,"}, BODY, now)


def test_the_page_lists_every_type_in_the_words_of_the_catalogue() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \| (.*) \|$", PAGE, re.MULTILINE)
    assert dict(rows) == {name: sentence_of(name) for name in CATALOGUE}


def test_the_page_prints_the_pauses_that_are_made() -> None:
    printed_pauses = re.search(r"Tries follow after (.*?), each cut", PAGE)
    assert printed_pauses is not None
    unit = {"s": 1, "min": 60, "h": 3_600}
    found = [
        int(number) * unit[name] for number, name in (one.split() for one in printed_pauses[1].split(", "))
    ]
    assert tuple(found) == DELIVERY_PAUSES_S
