"""`pitboss game`: for authors of games. `new` writes a package, `test` runs its stories."""

import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer

from workers.commands.running import console

game = typer.Typer(no_args_is_help=True, help="For authors of games.")
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_SLUG_CHARS_MAX = 40
_FILES = {"game.txt": "{module}.py", "story.txt": "test_{module}.py", "project.txt": "pyproject.toml",
          "page.txt": "index.html"}  # fmt: skip


def written(template: str, slug: str) -> str:
    """A file of a new package: the templates are those of a game called coin."""
    text = (files("workers.commands") / "new_game" / template).read_text()
    module, name = slug.replace("-", "_"), "".join(part.title() for part in slug.split("-"))
    text = text.replace('"coin"', f'"{slug}"').replace("game-coin", f"game-{slug}")
    text = (
        text.replace("coin = ", f"{slug} = ").replace("coin:", f"{module}:").replace("coin.py", f"{module}.py")
    )
    return text.replace("from coin import", f"from {module} import").replace("Coin", name)


@game.command()
def new(
    slug: str, folder: Annotated[Path | None, typer.Option(help="Where; default: the slug.")] = None
) -> None:
    """Write a package with a game, stories that test it, and a page that plays it."""
    if not _SLUG.match(slug) or len(slug) > _SLUG_CHARS_MAX:
        console.print(f"A slug is small letters, digits and dashes, at most {_SLUG_CHARS_MAX}: {slug}")
        raise typer.Exit(2)
    where = folder or Path(slug)
    if where.exists() and any(where.iterdir()):
        console.print(f"{where} is not empty")
        raise typer.Exit(2)
    where.mkdir(parents=True, exist_ok=True)
    for template, name in _FILES.items():
        path = where / name.format(module=slug.replace("-", "_"))
        path.write_text(written(template, slug))
        print(path)
    print(f"Next: pitboss game test {where}/test_{slug.replace('-', '_')}.py")


@game.command()
def test(file: Path) -> None:
    """Run the stories of a file: every function whose name begins with `test_`."""
    stories = _stories(file)
    if not stories:
        console.print(f"There is no function test_... in {file}")
        raise typer.Exit(2)
    failed = sum(not _passes(name, story) for name, story in stories)
    print(f"{len(stories) - failed} passed, {failed} failed")
    raise typer.Exit(1 if failed else 0)


def _stories(file: Path) -> list[tuple[str, Callable[[], Any]]]:
    """The stories of a module, which may import its neighbours."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if not file.is_file() or spec is None or spec.loader is None:
        console.print(f"{file} cannot be read as Python")
        raise typer.Exit(2)
    sys.path.insert(0, str(file.parent.resolve()))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = vars(module).items()
    return [(name, made) for name, made in found if name.startswith("test_") and callable(made)]


def _passes(name: str, story: Callable[[], Any]) -> bool:
    try:
        story()
    except Exception:
        print(f"FAILED {name}\n{traceback.format_exc()}")
        return False
    print(f"passed {name}")
    return True
