"""Checks the scripts' types and makes their declarations: `python -m tests.browser.types` renews them.

TypeScript comes from the npm registry by `make browser`; what it checks are the comments of plain JavaScript.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
SDK = ROOT / "api" / "clients" / "javascript"
TSC = ROOT / ".venv" / "typescript" / "node_modules" / ".bin" / "tsc"
# What others import; pages are checked, too.
PUBLISHED = ("pitboss", "client", "board", "embed", "crash", "proof")
PAGES = ("play", "fair", "demo", "casino-demo", "tournament", "lobby")
_COMMON = [
    "--allowJs", "--target", "es2022", "--module", "nodenext", "--moduleResolution", "nodenext",
    "--lib", "es2023,dom,dom.iterable",
]  # fmt: skip


def faults() -> str:
    """What TypeScript says of all scripts; nothing when they are right."""
    files = [f"{name}.js" for name in (*PUBLISHED, *PAGES)]
    return _tsc("--checkJs", "--noEmit", *files)


def declarations() -> dict[str, str]:
    """The declarations of what is published, made anew."""
    with tempfile.TemporaryDirectory() as folder:
        _tsc("--declaration", "--emitDeclarationOnly", "--outDir", folder, *(f"{n}.js" for n in PUBLISHED))
        return {name: (Path(folder) / f"{name}.d.ts").read_text() for name in PUBLISHED}


def _tsc(*arguments: str) -> str:
    command = [str(TSC), *_COMMON, *arguments]
    return subprocess.run(command, cwd=SDK, capture_output=True, text=True, check=False).stdout


def main() -> int:
    """Write the declarations."""
    for name, text in declarations().items():
        (SDK / f"{name}.d.ts").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
