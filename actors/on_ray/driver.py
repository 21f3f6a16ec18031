"""Becoming a driver of the cluster."""

import logging
import signal
import threading

import ray

from actors.on_ray.owner_process import NAMESPACE


def join(address: str) -> None:
    """Become a driver of the cluster; `cluster.prepare` came before. Ray takes SIGTERM over when it
    can: it is given back."""
    handlers = {s: signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)}
    ray.init(
        address=address,
        namespace=NAMESPACE,
        log_to_driver=False,
        logging_level=logging.WARNING,
        configure_logging=False,
    )
    if threading.current_thread() is threading.main_thread():
        for sign, handler in handlers.items():
            signal.signal(sign, handler)
