"""Planted into every Python process of a house by PYTHONPATH: owners count facts of the tournament `slow` in
turns of 50 ms. For `tests.load.neighbours` alone."""

import sys
import time
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

OWNER, SLOW, TURN_S = "actors.owner.owner", "slow", 0.05


def plant(module: Any) -> None:
    """Make counting slow for one tournament."""
    judge = module.judge

    def slowly(state: Any, *rest: Any) -> Any:
        if state.id == SLOW:
            until = time.perf_counter() + TURN_S
            while time.perf_counter() < until:
                pass
        return judge(state, *rest)

    module.judge = slowly


class Finder(MetaPathFinder):
    """Finds the one module as everybody does, and plants when it has been run."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != OWNER or (spec := PathFinder.find_spec(name, path)) is None or spec.loader is None:
            return None
        loader: Any = spec.loader
        run = loader.exec_module

        def exec_module(module: Any) -> None:
            run(module)
            plant(module)

        loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, Finder())
