"""An endpoint that reads a body and answers 202: what the load generator can do where nothing is done."""

import sys

import uvicorn
from starlette.types import Receive, Scope, Send


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer every request alike."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})


if __name__ == "__main__":
    uvicorn.run(
        empty, port=int(sys.argv[1]), loop="uvloop", http="httptools", log_config=None, lifespan="off"
    )
