"""R-LIFE-07: the files of the page on frameworks, run with the frameworks themselves."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.laws.peer import closed_port
from conformance.mock import LoopbackServer

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/how-to/use-a-framework.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```python no-run\n# (\w+\.py)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))

WITHOUT_SERVER = """
import pytest
from aiohttp.test_utils import TestClient as AiohttpClient, TestServer
from app import app
from fastapi.testclient import TestClient
from web_app import PBX, make_app


def test_fastapi_starts_without_asterisk():
    with TestClient(app) as site:
        response = site.get("/ping")
        assert response.status_code == 503
        assert "connection refused" in response.json()["detail"]


@pytest.mark.asyncio
async def test_aiohttp_starts_without_asterisk():
    made = make_app()
    async with AiohttpClient(TestServer(made)) as site:
        assert (await site.get("/ping")).status >= 500
    assert made[PBX].state.value == "closed"
"""

FORGETFUL = """
import pytest, pytest_asyncio
from ami_backends.anyio import Client
from ami_proto import ServerConfig


@pytest_asyncio.fixture
async def forgotten():
    client = Client(ServerConfig(key="pbx", host="127.0.0.1", port=5038, username="admin", secret="s3cr3t"))
    await client.start()
    return client


@pytest.mark.asyncio
async def test_ping(forgotten):
    assert (await forgotten.send("Ping"))["Ping"] == "Pong"
"""


def run_pytest(folder: Path, port: int, *arguments: str, **files: str) -> str:
    """Run pytest in a folder with the page's files and these, with the port; return what it prints."""
    for name, code in {**FILES, **{f"{stem}.py": code for stem, code in files.items()}}.items():
        text = code.replace("5038", str(port)).replace("wait=True, timeout=5", "wait=True, timeout=1")
        (folder / name).write_text(text, encoding="utf-8")
    options = ["-q", "-p", "no:cacheprovider", "-o", "asyncio_default_fixture_loop_scope=function"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("file", ["test_app.py", "test_web_app.py", "test_mine.py"])
def test_the_page_works(file: str, tmp_path: Path, mock_server: LoopbackServer) -> None:
    """R-LIFE-07: FastAPI's lifespan, aiohttp's hooks, fixtures of pytest-asyncio; no client is forgotten."""
    ran = run_pytest(tmp_path, mock_server.port, "-W", "error::ResourceWarning", file)
    assert "1 passed" in ran, ran


def test_a_site_starts_without_asterisk(tmp_path: Path) -> None:
    """R-LIFE-07, R-AUTH-08: a request names the cause."""
    ran = run_pytest(tmp_path, closed_port(), "test_down.py", test_down=WITHOUT_SERVER)
    assert "2 passed" in ran, ran


def test_a_fixture_that_forgets_its_client_gets_a_warning(
    tmp_path: Path, mock_server: LoopbackServer
) -> None:
    """R-LIFE-07: and no complaint of asyncio."""
    options = ("-W", "always::ResourceWarning", "test_forgetful.py")
    ran = run_pytest(tmp_path, mock_server.port, *options, test_forgetful=FORGETFUL)
    assert "1 passed" in ran, ran
    assert "ResourceWarning: the client of 'pbx' was never closed" in ran
    assert "destroyed" not in ran
    assert "Traceback" not in ran
