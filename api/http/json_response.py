"""The response class of every route."""

from typing import Any

from fastapi.responses import Response

from server.encoding.wire import dump


class Json(Response):
    """JSON with exact decimals."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode once."""
        return dump(content)
