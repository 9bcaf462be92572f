#!/usr/bin/env python3
"""How many instructions a request costs the gateway in user space, counted by callgrind: a figure that other work on the machine does not move.

    instructions.py GATEWAY [LINES]    that many functions, the dearest first; 25 by default

The difference of a run with 400 requests and one with 2,400, so that the start does not count. The work is that of run.sh: a key, a stripped
prefix, a line in the log, 1 kB from nginx over kept connections. Wants valgrind and nginx. valgrind hides the processor's SHA instructions: some
3,000 of what it counts for the digest of the key are not executed elsewhere.
"""
import collections
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time

KEY = "mvp_svc_bench_0123456789abcdef"
CONNECTIONS = 8
FEW, MANY = 400, 2400


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port):
    for _ in range(300):
        try:
            client = socket.create_connection(("127.0.0.1", port))
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return client
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nobody listens on {port}")


def ask(port, requests):
    request = f"GET /platform/vehicles/makes?year=2022 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-API-Key: {KEY}\r\n\r\n".encode()
    clients = [connect(port) for _ in range(CONNECTIONS)]
    for _ in range(requests // CONNECTIONS):
        for client in clients:
            client.sendall(request)
        for client in clients:
            answer = b""
            while len(answer.partition(b"\r\n\r\n")[2]) < 1000:
                answer += client.recv(65536) or sys.exit("the gateway hung up")
            if not answer.startswith(b"HTTP/1.1 200 "):
                sys.exit(f"the gateway answers {answer[:60]!r}")


def count(gateway, folder, requests):
    """Instructions by function, and of all."""
    upstream, port, admin = free_port(), free_port(), free_port()
    (folder / "bench").write_text(KEY)
    (folder / "bench").chmod(0o600)
    (folder / "nginx.conf").write_text(f"""daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ }}
http {{ access_log off; keepalive_requests 100000000; keepalive_timeout 300s;
  server {{ listen 127.0.0.1:{upstream}; default_type application/json; location / {{ return 200 "{'x' * 1000}"; }} }} }}""")
    (folder / "gateway.yml").write_text(f"""
listen: {{ host: 127.0.0.1, port: {port} }}
admin: {{ host: 127.0.0.1, port: {admin} }}
workers: 1
secrets_dir: {folder}
upstreams: {{ platform_vehicles: {{ url: "http://127.0.0.1:{upstream}" }} }}
routes:
  - {{ prefix: /platform/vehicles, upstream: platform_vehicles, strip_prefix: /platform, api_key: {{ scope: bench, files: [bench], forward: true }} }}
""")
    counted = folder / f"counted.{requests}"
    valgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={counted}", "-q"]
    environment = {**os.environ, "MVP_CONFIG_DIR": str(folder / "none")}
    nginx = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"])
    served = subprocess.Popen([*valgrind, gateway, "serve", "--config", folder / "gateway.yml"], env=environment, stdout=subprocess.DEVNULL)
    try:
        ask(port, requests)
    finally:
        for process in (served, nginx):
            process.terminate()
            process.wait()
    listed = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", counted], capture_output=True, text=True, check=True)
    functions = collections.Counter()
    for line in listed.stdout.splitlines():
        if found := re.match(r"\s*([\d,]+) \([\s\d.]+%\)\s+(.*?)(?: \[.*\])?$", line):
            name = found[2] if found[2].startswith("<") else found[2].split(":", 1)[-1]
            functions[name] += int(found[1].replace(",", ""))
    return functions


def main():
    gateway, lines = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 25
    with tempfile.TemporaryDirectory() as folder:
        few, many = (count(gateway, pathlib.Path(folder), requests) for requests in (FEW, MANY))
    many.subtract(few)
    for name, instructions in many.most_common(lines):
        print(f"{instructions / (MANY - FEW):8.0f}  {name[:140]}")


if __name__ == "__main__":
    main()
