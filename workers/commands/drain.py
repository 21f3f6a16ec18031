"""`pitboss drain NODE`: take what a node owns to others, before it is stopped."""

import asyncio
import json
from typing import Annotated

import typer

from actors.compose import drain_node, join_engine
from config import settings
from config.owner_limits import DRAIN_WITHIN_S
from server.storage.postgres.journal import PostgresJournal, open_pool
from workers.commands.running import database_url, finished


def drain(
    node: Annotated[str, typer.Argument(help="Its PITBOSS_NODE_NAME, or the name of its host.")],
    within_s: Annotated[float, typer.Option("--within", min=1, help="Seconds it may take.")] = DRAIN_WITHIN_S,
    undo: Annotated[bool, typer.Option("--undo", help="Let the node own tournaments again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Give all tournaments of a node to others; it gets none until --undo, or until it is started anew."""
    loaded = settings.load_or_exit()
    url = database_url(loaded)
    if undo:
        finished(admit(url, node))
        told = {"node": node, "admitted": True}
        typer.echo(json.dumps(told) if as_json else f"{node} may own tournaments again")
        return
    if loaded.engine == "local" or loaded.ray_address is None:
        raise typer.Exit(settings.complain("PITBOSS_RAY_ADDRESS must be set: drain on a node of the cluster"))
    join_engine(loaded)
    drained = finished(drain_node(loaded, url, node, within_s))
    told = {"node": node, "moved": drained.moved, "left": drained.left}
    text = f"{node}: {drained.moved} tournaments handed over, {drained.left} left"
    typer.echo(json.dumps(told) if as_json else text)
    raise typer.Exit(1 if drained.left else 0)


async def admit(url: str, node: str) -> None:
    """Let a node own tournaments, again or for the first time."""
    async with asyncio.timeout(DRAIN_WITHIN_S):
        pool = await open_pool(url, 1)
        await PostgresJournal(pool).drain(node, drains=False)
        await pool.close()
