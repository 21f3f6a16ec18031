"""Shared owners stand on different nodes, so that a lost node takes few of them."""

import asyncio
from collections import Counter

import ray

from actors.on_ray.cluster import NAME_RESOURCE
from config.owner_limits import SILENT_AFTER_S
from server.ports import OwnerProcess, Placements


def _nodes() -> dict[str, str]:
    """Ray's ids of the nodes that it believes alive and that have room for shared owners, by our names."""
    found = {}
    for node in ray.nodes():
        names = [name for name in node["Resources"] if name.startswith(NAME_RESOURCE)]
        if node["Alive"] and names and "shared_owner" in node["Resources"]:
            found[names[0].removeprefix(NAME_RESOURCE)] = node["NodeID"]
    return found


class Spread:
    """Knows Ray's nodes by the names that our own processes go by."""

    def __init__(self, placements: Placements) -> None:
        self._placements = placements

    async def names(self) -> list[str]:
        """All nodes of owners that Ray or our own processes know."""
        known = {one.node for one in await self._placements.processes()}
        return sorted(known | set(await asyncio.to_thread(_nodes)))

    async def node_for(self, placement: str) -> str | None:
        """Ray's id of a node that has the fewest shared owners, another one for each that starts now; None
        where there is none."""
        nodes, counts, _ = await self._seen()
        fewest = sorted(name for name in counts if counts[name] == min(counts.values()))
        number = int(placement.rpartition(":")[2])
        return nodes[fewest[number % len(fewest)]] if fewest else None

    async def crowded(self) -> OwnerProcess | None:
        """A shared owner that should stand on another node: it is not alone on its own, and one has none."""
        _, counts, living = await self._seen()
        if not counts or min(counts.values()) > 0:
            return None
        crowded = [one for one in living if counts[one.node] > 1]
        return min(crowded, key=lambda one: one.tournaments, default=None)

    async def _seen(self) -> tuple[dict[str, str], Counter[str], list[OwnerProcess]]:
        """Nodes, how many shared owners each has, and those that show life. A node with a silent one counts as
        lost, whatever Ray believes."""
        nodes = await asyncio.to_thread(_nodes)
        processes = [one for one in await self._placements.processes() if one.node in nodes]
        bad = await self._placements.draining() | {
            one.node for one in processes if one.silent_s > SILENT_AFTER_S
        }
        good = [name for name in nodes if name not in bad]
        living = [one for one in processes if one.node in good]
        counts = Counter(dict.fromkeys(good, 0))
        counts.update(one.node for one in living)
        return nodes, counts, living
