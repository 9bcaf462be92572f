"""The application over real stores and a real tenants platform, and somebody with a token."""

import base64
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "faults"))
from stack import ROOT, Stack, call

TENANTS, PERSON = 20, "bench|owner"


def programs(*packages: str) -> Path:
    if "PROGRAMS" in os.environ:
        return Path(os.environ["PROGRAMS"])
    chosen = [part for name in packages for part in ["-p", name]]
    subprocess.run(["cargo", "build", "--release", "--locked", "-q", *chosen], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs a token, and serves the key that judges it."""

    def __init__(self, folder: Path):
        self.key = folder / "issuer.pem"
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, stderr=subprocess.DEVNULL)
        said = subprocess.run(["openssl", "rsa", "-in", self.key, "-noout", "-modulus"], check=True, capture_output=True, text=True)
        modulus = bytes.fromhex(said.stdout.strip().split("=")[1])
        keys = json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": encoded(modulus), "e": "AQAB"}]})

        class Keys(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(keys.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def token(self) -> str:
        claims = {"iss": self.url, "aud": "bench", "sub": PERSON, "exp": int(time.time()) + 24 * 3600}
        parts = [{"alg": "RS256", "typ": "JWT", "kid": "1"}, claims]
        text = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        signed = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True, capture_output=True)
        return f"{text}.{encoded(signed.stdout)}"


class House(Stack):
    def furnish(self, vehicles: int = 9):
        """`vehicles`: the port of the vehicles platform; nothing listens on 9."""
        self.issuer = Issuer(self.folder)
        redis, tenants_pg = self.redis("all"), self.postgres("tenants")
        tenants = self.service("tenants", "tenants-platform", tenants_pg, redis, {"MASTER_KEY_FILE": self.secrets / "master"}, [["migrate"]])
        self.pg = self.postgres("app")
        self.sql("CREATE ROLE app_api LOGIN; ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO app_api;"
                 "ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app_api")
        settings = {
            "API_KEYS__FILES": None, "DATABASE__USER": "app_api", "TOKENS__ISSUER": self.issuer.url, "TOKENS__AUDIENCE": "bench", "TOKENS__JWKS_URL": f"{self.issuer.url}/keys",
            "PLATFORM_TENANTS__URL": f"http://127.0.0.1:{tenants}", "PLATFORM_TENANTS__KEY_FILE": self.secrets / "bench",
            "PLATFORM_VEHICLES__URL": f"http://127.0.0.1:{vehicles}", "PLATFORM_VEHICLES__KEY_FILE": self.secrets / "bench"}
        os.environ["MVP_LOG"] = "warn"
        self.app = self.service("app", "application", self.pg, redis, settings, [["migrate"]])
        plan = {"title": "Bench", "quotas": {}}
        call("PUT", f"http://127.0.0.1:{tenants}/tenants/plans/bench", plan)
        make = lambda number: call("POST", f"http://127.0.0.1:{tenants}/tenants", {"name": f"T{number}", "owner": PERSON, "plan": "bench"})["id"]
        self.tenants = [make(number) for number in range(TENANTS)]

    def sql(self, text: str) -> str:
        done = subprocess.run(["psql", "-qXtA", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", str(self.pg), "-U", "bench", "-d", "bench", "-c", text],
                              capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        return done.stdout
