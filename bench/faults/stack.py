"""What the faults are done to: real programs on loopback, which can be frozen, killed and started again."""

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "only-for-the-bench"
KEY = "mvp_svc_bench_0123456789abcdef"


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def until(what: str, holds, seconds: float = 60):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise SystemExit(f"never: {what}")
        time.sleep(0.02)


def listens(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(0.5)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


class Program:
    """A process that can be frozen, thawed, killed, drained and started again on its port."""

    def __init__(self, folder: Path, name: str, command: list[str], ready, environment=None, user=None):
        self.name, self.command, self.ready, self.user = name, command, ready, user
        self.environment = {**os.environ, **(environment or {})}
        self.log = folder / f"{name}.log"
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=self.environment,
                start_new_session=True, cwd="/", user=self.user, group=self.user and pwd.getpwnam(self.user).pw_gid,
                extra_groups=[] if self.user else None)
        until(f"{self.name} is ready (see {self.log})", self.ready)

    def signal(self, number):
        # PostgreSQL's children are sessions of their own: a signal to the group would leave them at work.
        children = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        for pid in [self.process.pid, *map(int, children)]:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def freeze(self):
        self.signal(signal.SIGSTOP)

    def thaw(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def drain(self):
        self.process.terminate()
        self.process.wait()

    def end(self):
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()


class Stack:
    """A gateway or two, two vehicles platforms, one or two tenants platforms, and their stores."""

    def __init__(self, programs: Path):
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="mvp-faults-"))
        self.folder.chmod(0o755)
        self.all: dict[str, Program] = {}
        self.secrets = self.folder / "secrets"
        self.secrets.mkdir(mode=0o700)
        for name, text in [("bench", KEY), ("password", PASSWORD), ("master", "m" * 40)]:
            (self.secrets / name).write_text(text)
            (self.secrets / name).chmod(0o600)

    def add(self, name: str, command: list, ready, **more) -> Program:
        program = Program(self.folder, name, [str(part) for part in command], ready, **more)
        self.all[name] = program
        program.start()
        return program

    def postgres(self, name: str) -> int:
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
        user = "postgres" if os.getuid() == 0 else None
        data, port = self.folder / f"postgres-{name}", free_port()
        data.mkdir(mode=0o700)
        if user:
            shutil.chown(data, user, user)
        run_as = {"user": user, "group": user, "extra_groups": []} if user else {}
        subprocess.run([binaries / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"],
                       check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as)
        self.add(f"postgres-{name}", [binaries / "postgres", "-D", data, "-p", port, "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories=", "-c", "max_connections=60"], lambda: self.psql(port, "SELECT 1"), user=user)
        self.psql(port, "CREATE DATABASE bench")
        return port

    @staticmethod
    def psql(port: int, sql: str) -> bool:
        done = subprocess.run(["psql", "-qXtA", "-h", "127.0.0.1", "-p", str(port), "-U", "bench", "-d", "postgres", "-c", sql],
                              capture_output=True)
        return done.returncode == 0

    def redis(self, name: str) -> int:
        port = free_port()
        self.add(f"redis-{name}", ["redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"],
                 lambda: listens(port))
        return port

    def service(self, name: str, program: str, postgres: int, redis: int, more: dict | None = None, prepare=()) -> int:
        port, prefix = free_port(), f"MVP_{program.upper().replace('-', '_')}__"
        settings = {
            "SERVER__HOST": "127.0.0.1", "SERVER__PORT": port, "DATABASE__HOST": "127.0.0.1", "DATABASE__PORT": postgres,
            "DATABASE__NAME": "bench", "DATABASE__USER": "bench", "DATABASE__PASSWORD_FILE": self.secrets / "password",
            "MIGRATIONS__USER": "bench", "MIGRATIONS__PASSWORD_FILE": self.secrets / "password",
            "REDIS__HOST": "127.0.0.1", "REDIS__PORT": redis, "API_KEYS__FILES": self.secrets / "bench", **(more or {})}
        environment = {prefix + key: str(value) for key, value in settings.items() if value is not None}
        environment["MVP_CONFIG_DIR"] = str(self.folder)
        binary = self.programs / program
        for arguments in prepare:
            subprocess.run([binary, *arguments], check=True, env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                           stderr=open(self.folder / f"{name}.prepare.log", "ab"))
        self.add(name, [binary, "serve"], lambda: answers(f"http://127.0.0.1:{port}/health/ready"), environment=environment)
        return port

    def gateway(self, name: str, vehicles: list[int], tenants: list[int], redis: int) -> tuple[int, int]:
        port, admin = free_port(), free_port()
        instances = lambda ports: [{"url": f"http://127.0.0.1:{it}"} for it in ports]
        probes = {"interval_ms": 1000, "timeout_ms": 500, "unhealthy_after": 2, "healthy_after": 1}
        key = {"scope": "vehicles:read", "files": ["bench"], "forward": True}
        settings = {
            "listen": {"host": "127.0.0.1", "port": port}, "admin": {"host": "127.0.0.1", "port": admin}, "access_log": False,
            "secrets_dir": str(self.secrets), "redis": {"host": "127.0.0.1", "port": redis},
            "tenant_keys": {"url": f"http://127.0.0.1:{tenants[0]}", "key_file": "bench"},
            "upstreams": {"vehicles": {"instances": instances(vehicles), "health_check": probes},
                          "tenants": {"instances": instances(tenants), "health_check": probes}},
            "routes": [
                {"prefix": "/platform/vehicles", "upstream": "vehicles", "strip_prefix": "/platform",
                 "api_key": {**key, "tenants": True, "upstream_key": "bench"},
                 "limits": [{"by": "address", "rate": 1000000, "per_s": 60}]},
                {"prefix": "/platform/tenants", "upstream": "tenants", "strip_prefix": "/platform", "api_key": key}]}
        file = self.folder / f"{name}.yml"
        file.write_text(json.dumps(settings))
        self.add(name, [self.programs / "gateway", "serve", "--config", file],
                 lambda: answers(f"http://127.0.0.1:{port}/health/ready"), environment={"MVP_CONFIG_DIR": str(self.folder / "none")})
        return port, admin

    def end(self):
        for program in reversed(self.all.values()):
            program.end()
        shutil.rmtree(self.folder, ignore_errors=True)


def call(method: str, url: str, body=None, key: str = KEY) -> dict:
    request = urllib.request.Request(url, method=method, data=body and json.dumps(body).encode(),
                                     headers={"X-API-Key": key, "Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
