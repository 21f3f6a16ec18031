"""The `pitboss` command."""

import asyncio
import fcntl
import importlib.metadata
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from actors.on_ray.cluster import RayDidNotStart
from config import settings
from server.storage.postgres.engine import migrate as migrate_schema
from server.storage.postgres.engine import revision_of
from workers.commands import books, capacity, doctor, drain, game, masterdata, node, tenants, top
from workers.commands.running import console, database_url, finished
from workers.commands.up import (
    House,
    make_private,
    sweep,
    write_run_file,
)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(tenants.operators, name="operators")
app.add_typer(tenants.keys, name="keys")
app.command()(books.verify)
app.command()(books.export)
app.command()(node.node)
app.command()(drain.drain)
app.command()(top.top)
app.command()(doctor.doctor)
app.command()(capacity.capacity)
app.add_typer(game.game, name="game")
_READY_PATIENCE_S = 120.0


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"pitboss {importlib.metadata.version('pitboss')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Pitboss, a real-time tournament server for casinos."""


@app.command()
def up(
    engine: Annotated[str | None, typer.Option(help="ray or local; default: PITBOSS_ENGINE")] = None,
    demo: Annotated[bool, typer.Option(help="Play demo tournaments with bots.")] = True,
) -> None:
    """Run everything on this machine until Ctrl-C. The data stays; the next start goes on."""
    loaded = settings.load_or_exit()
    if engine is not None:
        if engine not in {"ray", "local"}:
            console.print("--engine is ray or local")
            raise typer.Exit(2)
        loaded = loaded.model_copy(update={"engine": engine})
    loaded = loaded.model_copy(update={"home": loaded.home.resolve()})
    make_private(loaded.home)
    with _only_one(loaded.home), _stop_signals() as stopped:
        sweep(loaded.home, _tell)
        address = _address(loaded)
        house = House(loaded, _tell)
        try:
            _run(house, address, stopped, demo=demo)
        except typer.Exit:
            raise
        except (RayDidNotStart, RuntimeError) as why:
            console.print(str(why))
            raise typer.Exit(1) from None
        finally:
            _tell("stopping")
            house.close()
            _tell("stopped; the data stays in " + str(loaded.home))


def _tell(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}")


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    # Readable by us alone: a user who can open the file can hold the lock.
    with os.fdopen(os.open(home / "lock", os.O_CREAT | os.O_WRONLY, 0o600), "w") as file:
        os.fchmod(file.fileno(), 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            console.print(f"Another Pitboss runs in {home}; set PITBOSS_HOME and PITBOSS_PORT for a second")
            raise typer.Exit(2) from None
        yield


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collects SIGINT and SIGTERM instead of dying of them."""
    caught: list[int] = []
    signs = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(sign, lambda number, _: caught.append(number)) for sign in signs]
    try:
        yield caught
    finally:
        for sign, handler in zip(signs, before, strict=True):
            signal.signal(sign, handler)


def _run(house: House, address: tuple[str, int], stopped: list[int], *, demo: bool) -> None:
    here, port = address
    url = house.settings.public_url or here
    database = house.open_database()
    migrate_schema(database)
    origins = _origins(port)
    demo_operators = asyncio.run(masterdata.ensure_demo(database, house.home, origins))
    engine = house.open_engine(database)
    if stopped:
        return
    env = engine | {
        "PITBOSS_DATABASE_URL": database,
        "PITBOSS_HOME": str(house.home),
        "PITBOSS_PORT": str(port),
        "PITBOSS_PUBLIC_OPERATOR": house.settings.public_operator or f"{masterdata.DEMO_OPERATORS[0][0]}:test",
        "PITBOSS_DRAIN_S": "0",  # there is one front end, and no load balancer
        "PITBOSS_DEMO": "true" if demo else "false",
    }
    if engine.get("PITBOSS_ENGINE") == "local":
        house.settings = house.settings.model_copy(update={"engine": "local"})
        house.start("api", "workers.house", env)
    else:
        house.start("api", "api", env)
        house.start("workers", "workers", env)
    if not _wait_until_ready(house, here, stopped):
        return

    def write() -> None:
        write_run_file(house, url, database, demo_operators)

    write()
    if demo:
        house.start("demo", "workers.demo", env | {"PITBOSS_PUBLIC_URL": url})
        write()
    _greet(house, url, demo=demo)
    house.watch(lambda: bool(stopped), write, here)


def _address(loaded: settings.Settings) -> tuple[str, int]:
    """The URL at which this machine reaches the front end, and its port. Looked at before anything starts."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((loaded.host, loaded.port))
        except OSError:
            console.print(f"Port {loaded.port} is taken: choose another with PITBOSS_PORT")
            raise typer.Exit(2) from None
        port = probe.getsockname()[1]
    host = "127.0.0.1" if loaded.host == "0.0.0.0" else loaded.host
    return f"http://{host}:{port}", port


def _wait_until_ready(house: House, url: str, stopped: list[int]) -> bool:
    _tell("starting the front end")
    deadline = time.monotonic() + _READY_PATIENCE_S
    while time.monotonic() < deadline and not stopped:
        if not house.children[0].is_running():
            console.print(f"The front end did not start; see {house.log_of('api')}")
            raise typer.Exit(1)
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    if not stopped:
        console.print(f"The front end is not ready after {_READY_PATIENCE_S:.0f} s; see {house.home}/logs")
        raise typer.Exit(1)
    return False


def _origins(port: int) -> tuple[str, ...]:
    """Pages that may frame the demo's game: this machine under two names, which are two sites."""
    return f"http://127.0.0.1:{port}", f"http://localhost:{port}"


def _greet(house: House, url: str, *, demo: bool) -> None:
    console.print(f"\n[bold]Pitboss is up[/bold] (engine: {house.settings.engine})\n")
    console.print(f"  live board   {url}/")
    if demo:
        console.print(f"  play it      {url}/?play")
        console.print(f"  in a casino  {url.replace('127.0.0.1', 'localhost')}/demo/casino")
    console.print(f"  API docs     {url}/docs")
    console.print(f"  keys, pids   {house.home}/run.json")
    console.print("\n  Ctrl-C stops everything and keeps the data.\n")


@app.command()
def migrate() -> None:
    """Bring the database schema up to date."""
    url = database_url()
    migrate_schema(url)
    print(f"the schema is at revision {revision_of(url)}")


class HouseStatus(StrEnum):
    """The state of the house, as operators are told."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    MAINTENANCE = "maintenance"


@app.command()
def announce(status: HouseStatus, message: str) -> None:
    """Send `system.status_changed` with a message to all operators, on all their outlets."""
    count = finished(masterdata.announce(database_url(), status.value, message))
    print(f"announced to {count} tenants")


def main() -> None:
    """Entry point of the distribution."""
    app()


if __name__ == "__main__":
    sys.exit(app())
