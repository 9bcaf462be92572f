"""The real services over real stores, on loopback, each with a database of its own."""

import os
import secrets
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import yaml

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-the-contract"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def flat(settings: dict, prefix: str) -> dict[str, str]:
    """Settings as variables: `MVP_<SERVICE>__SECTION__KEY`."""
    found = {}
    for key, value in settings.items():
        name = f"{prefix}__{key.upper()}"
        found |= flat(value, name) if isinstance(value, dict) else {name: str(value)}
    return found


class House:
    """Wants TEST_POSTGRES_URL (a superuser) and TEST_REDIS_URL, as `mvp with-stores` gives them."""

    def __init__(self, programs: Path):
        self.programs = programs
        self.postgres = os.environ["TEST_POSTGRES_URL"]
        self.redis = urlsplit(os.environ["TEST_REDIS_URL"])
        self.made = tempfile.TemporaryDirectory(prefix="mvp-contract-")
        self.folder = Path(self.made.name)
        self.running = []

    def secret(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.write_text(text)
        file.chmod(0o600)
        return file

    def database(self, service: str) -> dict[str, dict]:
        """A database with a role that owns it and a role that serves, as in production."""
        name = "contract_" + service.replace("-", "_") + secrets.token_hex(4)
        owner, api = f"{name}_owner", f"{name}_api"
        self.sql("postgres", f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}'", f"CREATE ROLE {api} LOGIN PASSWORD '{PASSWORD}'",
                 f"CREATE DATABASE {name} OWNER {owner}")
        may = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} GRANT"
        self.sql(name, f"{may} USAGE ON SCHEMAS TO {api}", f"{may} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {api}",
                 f"{may} USAGE ON SEQUENCES TO {api}")
        server, password = urlsplit(self.postgres), self.secret("postgres-password", PASSWORD)
        return {"database": {"host": server.hostname, "port": server.port, "name": name, "user": api, "password_file": password},
                "migrations": {"user": owner, "password_file": password}}

    def sql(self, database: str, *statements: str):
        url = self.postgres.rsplit("/", 1)[0] + "/" + database
        own = Path(os.environ.get("TEST_POSTGRES_BIN", ""), "psql")
        psql = own if own.is_file() else "psql"
        for statement in statements:
            subprocess.run([psql, "-qX", "-v", "ON_ERROR_STOP=1", url, "-c", statement], check=True, stdout=subprocess.DEVNULL)

    def start(self, service: str, more: dict, prepare: list[list[str]] = (), port: int | None = None) -> "Service":
        """A service with the settings of its containers, except for where its stores and files are."""
        production = yaml.safe_load((ROOT / "config" / service / "production.yml").read_text())
        port = port or free_port()
        here = {
            "server": {"host": "127.0.0.1", "port": port, "workers": 2},
            "redis": {"host": self.redis.hostname, "port": self.redis.port,
                      "password_file": self.secret("redis-password", self.redis.password or "")},
            "api_keys": {"files": self.secret("contract-key", KEY)},
            "master_key_file": self.secret("master-key", "m" * 40),
        }
        if "database" in production:
            here |= self.database(service)
        settings = {name: value for name, value in here.items() if name in production}
        environment = os.environ | {"MVP_CONFIG_DIR": str(ROOT / "config")}
        prefix = "MVP_" + service.upper().replace("-", "_")
        environment |= flat(settings, prefix) | flat(more, prefix)
        program, log = str(self.programs / service), self.folder / f"{service}.log"
        before = [["migrate"]] if "migrations" in production else []
        made = Service(service, f"http://127.0.0.1:{port}", [program], environment, log, settings)
        for arguments in before + list(prepare):
            made.run(*arguments)
        made.serve()
        self.running.append(made)
        return made

    def end(self):
        for service in reversed(self.running):
            service.process.terminate()
        for service in reversed(self.running):
            service.process.wait()
        self.made.cleanup()


KEY = "mvp_svc_contract_0123456789abcdef"


class Service:
    def __init__(self, name, url, program, environment, log, settings):
        self.name, self.url, self.program, self.environment, self.log = name, url, program, environment, log
        self.settings = settings

    def run(self, *arguments: str) -> str:
        done = subprocess.run([*self.program, *arguments], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{self.name} {' '.join(arguments)}: {done.stderr}{done.stdout}")
        return done.stdout

    def serve(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.program, "serve"], env=self.environment, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{self.name} does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.05)

    def is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False

    def call(self, method: str, path: str, body=None, headers: dict | None = None) -> dict:
        sent = {"X-API-Key": KEY} | (headers or {})
        answer = requests.request(method, self.url + path, json=body, headers=sent, timeout=30)
        if answer.status_code >= 300:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else {}
