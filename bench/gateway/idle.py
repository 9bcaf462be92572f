#!/usr/bin/env python3
"""What idle connections cost the gateway: memory, and the time of a request beside them.

    idle.py GATEWAY [CONNECTIONS]    10000 by default; each makes one request and then waits
"""
import http.server
import json
import os
import pathlib
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time

REQUEST = b"GET /a HTTP/1.1\r\nHost: t\r\n\r\n"


class Upstream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One write an answer: two would wait for each other's acknowledgement.
    wbufsize = 65536

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """The gateway closes its connections when it ends."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, number):
    client = socket.socket()
    client.settimeout(30)
    # One loopback address has ports for about 28,000 connections; a few more leave room.
    client.bind((f"127.0.0.{2 + number % 8}", 0))
    client.connect(("127.0.0.1", port))
    return client


def ask(client):
    client.sendall(REQUEST)
    answer = b""
    while not answer.endswith(b"\r\n\r\nok"):
        piece = client.recv(4096)
        if not piece:
            break
        answer += piece
    if not answer.startswith(b"HTTP/1.1 200 "):
        sys.exit(f"the gateway answers {answer[:60]!r}")


def memory_kb(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def percentile(values, share):
    return sorted(values)[int(len(values) * share) - 1] * 1e6


def main():
    gateway, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    upstream = Server(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    port = free_port()
    settings = {
        "listen": {"host": "127.0.0.1", "port": port},
        "admin": {"host": "127.0.0.1", "port": free_port()},
        "workers": 2,
        "access_log": False,
        "limits": {"max_connections": count + 100},
        "timeouts": {"keep_alive_ms": 600_000},
        "upstreams": {"a": {"url": f"http://127.0.0.1:{upstream.server_port}"}},
        "routes": [{"prefix": "/a", "upstream": "a"}],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "gateway.yml")
        file.write_text(json.dumps(settings))
        environment = {**os.environ, "MVP_CONFIG_DIR": folder}
        command = [gateway, "serve", "--config", str(file)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            measure(process, port, count)
        finally:
            process.terminate()
            process.wait()


def measure(process, port, count):
    for _ in range(100):
        try:
            ask(connect(port, 0))
            break
        except OSError:
            time.sleep(0.1)
    fresh = memory_kb(process.pid)
    clients = []
    for number in range(count):
        clients.append(connect(port, number))
        ask(clients[-1])
    idle = memory_kb(process.pid)
    taken = []
    for client in clients[:: max(1, count // 500)]:
        begun = time.perf_counter()
        ask(client)
        taken.append(time.perf_counter() - begun)
    print(f"{count} connections: {fresh} kB fresh, {idle} kB idle, "
          f"{(idle - fresh) / count:.1f} kB each; a request beside them: "
          f"p50 {percentile(taken, 0.5):.0f} us, p99 {percentile(taken, 0.99):.0f} us")


main()
