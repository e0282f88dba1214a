"""A lesson opened in a running JupyterLab, as a browser does it, without the browser.

The same requests and the same websocket, so that the server has loaded and holds what it does for a
learner. What the browser itself takes is not in it.
"""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from websocket import WebSocket, create_connection

from labsupport.base.errors import NotebookError

_TIMEOUT = 60.0  # seconds for any answer
_FILES = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_CONFIGURATION = re.compile(r'id="jupyter-config-data"[^>]*>(.*?)</script>', re.DOTALL)
_ASKED = (
    *("lab/api/settings", "lab/api/translations/en", "lab/api/workspaces", "lsp/status"),
    *("api/me", "api/kernelspecs", "api/kernels", "api/sessions", "api/terminals"),
    "api/contents/?content=1",
)


class Opened:
    """A notebook in JupyterLab at `server` (http://127.0.0.1:8888), its kernel started."""

    def __init__(self, server: str, token: str, notebook: str) -> None:
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"token {token}"
        self._server = server
        self._load(notebook)
        kernel = self._start_kernel(notebook)
        self._socket: WebSocket = create_connection(
            f"{server.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels",
            header=[f"Authorization: token {token}"],
            timeout=_TIMEOUT,
        )

    def run(self, code: str) -> None:
        """Run a cell; NotebookError when it fails."""
        sent = uuid.uuid4().hex
        self._socket.send(json.dumps(_execute_request(sent, code)))
        while True:
            message = json.loads(self._socket.recv())
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["msg_type"] == "error":
                content = message["content"]
                raise NotebookError(f"the cell failed: {content['ename']}: {content['evalue']}")
            if message["msg_type"] == "execute_reply":
                return

    def close(self) -> None:
        """Leave the page; the kernel goes on, as when a tab is closed."""
        self._socket.close()
        self._session.close()

    def _load(self, notebook: str) -> None:
        page = self._get(f"lab/tree/{notebook}").text
        found = _CONFIGURATION.search(page)
        if found is None:
            raise NotebookError("the page is not JupyterLab's", found=page[:200])
        extensions = json.loads(found[1])["federated_extensions"]
        parts = [f"lab/extensions/{part['name']}/{part['load']}" for part in extensions]
        files = [path.lstrip("/") for path in _FILES.findall(page)]
        for path in (*files, *parts, *_ASKED, f"api/contents/{notebook}?content=1"):
            self._get(path)

    def _start_kernel(self, notebook: str) -> str:
        body = {"path": notebook, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        check = {"X-XSRFToken": self._session.cookies.get("_xsrf") or ""}
        address = f"{self._server}/api/sessions"
        answer = self._session.post(address, json=body, headers=check, timeout=_TIMEOUT)
        answer.raise_for_status()
        kernel: str = answer.json()["kernel"]["id"]
        return kernel

    def _get(self, path: str) -> requests.Response:
        answer = self._session.get(f"{self._server}/{path}", timeout=_TIMEOUT)
        answer.raise_for_status()
        return answer


@contextmanager
def opened(server: str, token: str, notebook: str) -> Iterator[Opened]:
    """A notebook opened for the length of the block."""
    page = Opened(server, token, notebook)
    try:
        yield page
    finally:
        page.close()


def code_cells(lesson: Path) -> list[str]:
    """The code of a lesson, cell by cell; the first is its setup cell."""
    cells = json.loads(lesson.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def _execute_request(identity: str, code: str) -> dict[str, Any]:
    header = {
        "msg_id": identity,
        "msg_type": "execute_request",
        "username": "",
        "session": identity,
        "date": "",
        "version": "5.3",
    }
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
    return {
        "channel": "shell",
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
    }
