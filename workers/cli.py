"""The `pitboss` command."""

import asyncio
import fcntl
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from actors.ray_runtime import RayDidNotStart
from config import settings
from config.limits import KEY_OVERLAP_DEFAULT_S
from server.clock import SystemClock
from server.domain.ids import OperatorId
from server.keys import is_live
from server.permissions import ROLES
from server.ports import Operator
from server.storage.engine import migrate as migrate_schema
from server.wire import instant
from workers import books, masterdata
from workers.up import House, sweep, write_run_file

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
operators = typer.Typer(no_args_is_help=True, help="Operators (tenants).")
keys = typer.Typer(no_args_is_help=True, help="API keys.")
app.add_typer(operators, name="operators")
app.add_typer(keys, name="keys")
app.command()(books.verify)
app.command()(books.export)
console = Console(stderr=True, highlight=False)
_READY_PATIENCE_S = 120.0
T = TypeVar("T")


def _settings() -> settings.Settings:
    try:
        return settings.load()
    except settings.WrongSettings as wrong:
        console.print(str(wrong))
        raise typer.Exit(2) from None


def _database(loaded: settings.Settings) -> str:
    if loaded.database_url is None:
        console.print("PITBOSS_DATABASE_URL is needed: `pitboss up` alone brings its own database")
        raise typer.Exit(2)
    return loaded.database_url


@app.command()
def up(
    engine: Annotated[str | None, typer.Option(help="ray or local; default: PITBOSS_ENGINE")] = None,
    demo: Annotated[bool, typer.Option(help="Play demo tournaments with bots.")] = True,
) -> None:
    """Run everything on this machine until Ctrl-C. The data stays; the next start goes on."""
    loaded = _settings()
    if engine is not None:
        if engine not in {"ray", "local"}:
            console.print("--engine is ray or local")
            raise typer.Exit(2)
        loaded = loaded.model_copy(update={"engine": engine})
    loaded = loaded.model_copy(update={"home": loaded.home.resolve()})
    loaded.home.mkdir(parents=True, exist_ok=True)
    with _only_one(loaded.home), _stop_signals() as stopped:
        house = House(loaded, _tell)
        try:
            _run(house, stopped, demo=demo)
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
    with (home / "lock").open("w") as file:
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


def _run(house: House, stopped: list[int], *, demo: bool) -> None:
    sweep(house.home, _tell)
    database_url = house.open_database()
    migrate_schema(database_url)
    demo_operators = asyncio.run(masterdata.ensure_demo(database_url, house.home))
    engine = house.open_engine()
    if stopped:
        return
    url, port = _address(house.settings)
    env = engine | {
        "PITBOSS_DATABASE_URL": database_url,
        "PITBOSS_HOME": str(house.home),
        "PITBOSS_PORT": str(port),
    }
    if engine.get("PITBOSS_ENGINE") == "local":
        house.settings = house.settings.model_copy(update={"engine": "local"})
        house.start("api", "workers.house", env)
    else:
        house.start("api", "api", env)
        house.start("workers", "workers", env)
    if not _wait_until_ready(house, url, stopped):
        return

    def write() -> None:
        write_run_file(house, url, database_url, demo_operators)

    write()
    if demo:
        house.start("demo", "workers.demo", env | {"PITBOSS_PUBLIC_URL": url})
        write()
    _greet(house, url)
    house.watch(lambda: bool(stopped), write)


def _address(loaded: settings.Settings) -> tuple[str, int]:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((loaded.host, loaded.port))
        except OSError:
            console.print(f"Port {loaded.port} is taken: choose another with PITBOSS_PORT")
            raise typer.Exit(2) from None
        port = probe.getsockname()[1]
    host = "127.0.0.1" if loaded.host == "0.0.0.0" else loaded.host
    return loaded.public_url or f"http://{host}:{port}", port


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


def _greet(house: House, url: str) -> None:
    console.print(f"\n[bold]Pitboss is up[/bold] (engine: {house.settings.engine})\n")
    console.print(f"  live board   {url}/")
    console.print(f"  API docs     {url}/docs")
    console.print(f"  keys, pids   {house.home}/run.json")
    console.print("\n  Ctrl-C stops everything and keeps the data.\n")


@app.command()
def migrate() -> None:
    """Bring the database schema up to date."""
    migrate_schema(_database(_settings()))


class HouseStatus(StrEnum):
    """How the house is."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    MAINTENANCE = "maintenance"


@app.command()
def announce(status: HouseStatus, message: str) -> None:
    """Tell all operators how the house is: an event `system.status_changed` on all their outlets."""
    told = asyncio.run(masterdata.announce(_database(_settings()), status.value, message))
    print(f"told {told} tenants")


@operators.command("add")
def add_operator(
    operator_id: str,
    name: str,
    currency: Annotated[str, typer.Option(help="Default currency.")] = "USD",
    game: Annotated[list[str] | None, typer.Option(help="slug=url, {jwt} is replaced.")] = None,
    origin: Annotated[list[str] | None, typer.Option(help="Allowed origin of browser sockets.")] = None,
) -> None:
    """Create an operator, or replace its master data."""
    games = dict(pair.split("=", 1) for pair in game or []) or masterdata.GAMES
    operator = Operator(OperatorId(operator_id), name, games, tuple(origin or ()), currency)
    asyncio.run(masterdata.add_operator(_database(_settings()), operator))


@keys.command("issue")
def issue_key(
    operator_id: str,
    role: Annotated[str, typer.Option(help=", ".join(ROLES))] = "full_access",
    name: Annotated[str, typer.Option(help="What it is for.")] = "",
    live: Annotated[bool, typer.Option(help="Live data instead of test data.")] = False,
    rate_factor: Annotated[int, typer.Option(min=1, max=10_000, help="Times the standard rate limits.")] = 1,
) -> None:
    """Issue an API key and print it: it is shown once."""
    if role not in ROLES:
        console.print(f"unknown role; known: {', '.join(ROLES)}")
        raise typer.Exit(2)
    database_url = _database(_settings())
    issued = masterdata.issue_key(database_url, operator_id, role, name, live=live, rate_factor=rate_factor)
    print(_or_exit(issued))


@keys.command("list")
def list_keys(operator_id: str) -> None:
    """List an operator's keys, without their secrets."""
    now_ms = SystemClock().now_ms()
    for key, used_ms in asyncio.run(masterdata.list_keys(_database(_settings()), operator_id)):
        state = "active" if is_live(key, now_ms) else "revoked" if key.revoked_at_ms else "expired"
        used = "never used" if used_ms is None else f"last used {instant(used_ms)}"
        print(f"{key.key_id}  {key.role}  {state}  {used}  {key.name}")


@keys.command("rotate")
def rotate_key(
    key_id: str,
    overlap_s: Annotated[int, typer.Option(min=0, help="Seconds the present secret goes on.")] = (
        KEY_OVERLAP_DEFAULT_S
    ),
) -> None:
    """Give a key a fresh secret and print the key: it is shown once."""
    print(_or_exit(masterdata.rotate_key(_database(_settings()), key_id, overlap_s)))


@keys.command("revoke")
def revoke_key(key_id: str) -> None:
    """Revoke a key."""
    _or_exit(masterdata.revoke_key(_database(_settings()), key_id))


def _or_exit(work: Coroutine[Any, Any, T]) -> T:
    """The result, or one line and exit code 1 when something named does not exist."""
    try:
        return asyncio.run(work)
    except LookupError as missing:
        console.print(str(missing))
        raise typer.Exit(1) from None


def main() -> None:
    """Entry point of the distribution."""
    app()


if __name__ == "__main__":
    sys.exit(app())
