"""What a Ray actor that does nothing takes to answer first: the yardstick of a recovery, taken beside each
one."""

import subprocess
import sys
from pathlib import Path

from tests.soak.load import Client

_PROGRAM = """
import sys, time
from pathlib import Path
from actors.on_ray.cluster import prepare
prepare(Path(sys.argv[1]))
import ray
ray.init(address=sys.argv[2], namespace="bare", log_to_driver=False, configure_logging=False)

@ray.remote(num_cpus=0, resources={"tournament": 1})
class Bare:
    def ping(self):
        return 1

for _ in sys.stdin:
    begun = time.monotonic()
    actor = Bare.remote()
    ray.get(actor.ping.remote())
    print("bare", time.monotonic() - begun, flush=True)
    ray.kill(actor)
"""


class BareActors:
    """A driver of the same cluster, in a process of its own; started when first asked."""

    def __init__(self, home: Path, client: Client) -> None:
        self._home = home
        self._client = client
        self._process: subprocess.Popen[str] | None = None

    def start_one(self) -> float | None:
        """Seconds from asking for an actor to its first answer; None when there is no Ray."""
        address = self._client.run().get("ray_address")
        if address is None:
            return None
        if self._process is None:
            command = [sys.executable, "-c", _PROGRAM, str(self._home), address]
            pipe = subprocess.PIPE
            self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            # Ray itself tells things here, too.
            if line.startswith("bare "):
                return float(line.split()[1])
        return None

    def close(self) -> None:
        """Leave the cluster."""
        if self._process is not None:
            self._process.communicate(timeout=60)
