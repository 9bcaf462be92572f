#!/usr/bin/env python3
"""Asks at a fixed rate, whether answers come or not, and freezes and kills the platform meanwhile.

An answer's time counts from the moment it was due, so that a stall shows (no coordinated omission).
"""
import argparse
import asyncio
import json
import os
import signal
import time

KNOWN = ["/api/platform/years"] + [f"/api/platform/makes?year={year}" for year in range(2010, 2025)]


async def ask(port, path, due, results):
    status, retry = 0, False
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await asyncio.wait_for(reader.read(-1), 20)
        head = answer.split(b"\r\n\r\n", 1)[0].lower()
        status, retry = int(head.split(b" ", 2)[1]), b"\r\nretry-after:" in head
        writer.close()
    except (OSError, ValueError, IndexError, asyncio.TimeoutError):
        pass
    results.append((due, (time.monotonic() - due) * 1000, status, retry))


async def load(port, rate, seconds, path_of, results):
    begun, asking = time.monotonic(), set()
    for nth in range(int(rate * seconds)):
        due = begun + nth / rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        task = asyncio.create_task(ask(port, path_of(nth), due, results))
        asking.add(task)
        task.add_done_callback(asking.discard)
    await asyncio.gather(*asking)


def told(name, results, since, until, wanted):
    chosen = [r for r in results if since <= r[0] < until]
    times = sorted(r[1] for r in chosen)
    # A refusal is right where it was expected and says when to come again.
    right = sum(1 for r in chosen if r[2] in wanted and (r[2] != 503 or r[3]))
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))]
    print(f"{name}: {len(chosen)} asked, {100 * right / len(chosen):.2f} % as wanted, "
          f"p50 {at(0.5):.1f} ms, p95 {at(0.95):.1f} ms, p99 {at(0.99):.1f} ms, slowest {at(1):.1f} ms")


async def breaker(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    body = (await reader.read(-1)).split(b"\r\n\r\n", 1)[1]
    writer.close()
    return json.loads(body)["checks"]["platform_vehicles"]["breaker"]


async def main():
    parse = argparse.ArgumentParser()
    parse.add_argument("--port", type=int, required=True)
    parse.add_argument("--platform-pid", type=int, required=True)
    parse.add_argument("--restart", required=True, help="a command that starts the platform again")
    given = parse.parse_args()
    warm, cold = [], []
    for path in KNOWN:
        await ask(given.port, path, time.monotonic(), [])
    seconds = 100
    warm_load = asyncio.create_task(load(given.port, 200, seconds, lambda n: KNOWN[n % len(KNOWN)], warm))
    cold_load = asyncio.create_task(load(given.port, 5, seconds, lambda n: f"/api/platform/models?year=2022&make_id={100000 + n}", cold))
    begun = time.monotonic()
    marks = {"no fault": begun}
    await asyncio.sleep(15)
    os.kill(given.platform_pid, signal.SIGSTOP)
    marks["frozen"] = time.monotonic()
    await asyncio.sleep(20)
    os.kill(given.platform_pid, signal.SIGKILL)
    marks["killed"] = time.monotonic()
    await asyncio.sleep(15)
    restart = await asyncio.create_subprocess_shell(given.restart, stdout=asyncio.subprocess.DEVNULL)
    await restart.wait()
    healed = time.monotonic()
    marks["healed"] = healed
    while await breaker(given.port) != "closed":
        await asyncio.sleep(0.1)
    print(f"after healing: closed in {time.monotonic() - healed:.1f} s")
    await asyncio.gather(warm_load, cold_load)
    ends = list(marks.values())[1:] + [begun + seconds + 30]
    for (name, since), until in zip(marks.items(), ends):
        told(f"warm, {name}", warm, since, until, (200,))
        # What is unknown is refused by the platform (404) or in its place (503).
        told(f"cold, {name}", cold, since, until, (404, 503))


asyncio.run(main())
