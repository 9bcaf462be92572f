"""An open-loop HTTP load: requests leave on schedule whatever the answers do, and each is timed from the moment it was due."""

import asyncio
import time
from dataclasses import dataclass, field

PATIENCE_S = 40


@dataclass
class Sample:
    due_s: float
    took_s: float
    outcome: str  # a status, or what went wrong


@dataclass
class Load:
    """`targets` are tried in turn, the next one where a connection is refused, as a balancer would."""

    targets: list[tuple[str, int]]
    paths: list[str]
    headers: dict[str, str]
    per_second: int
    samples: list[Sample] = field(default_factory=list)
    resent: int = 0

    def __post_init__(self):
        self.idle: dict[tuple[str, int], list] = {target: [] for target in self.targets}
        lines = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        self.requests = [f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode() for path in self.paths]

    async def run(self, seconds: float):
        self.begun = time.monotonic()
        tasks = []
        for number in range(int(seconds * self.per_second)):
            due_s = number / self.per_second
            wait = self.begun + due_s - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            tasks.append(asyncio.create_task(self.one(number, due_s)))
        await asyncio.gather(*tasks)
        for kept in self.idle.values():
            for _, writer in kept:
                writer.close()

    async def one(self, number: int, due_s: float):
        try:
            outcome = await asyncio.wait_for(self.ask(number), PATIENCE_S)
        except asyncio.TimeoutError:
            outcome = "no answer"
        except OSError as error:
            outcome = type(error).__name__
        except (asyncio.IncompleteReadError, ValueError):
            outcome = "cut short"
        self.samples.append(Sample(due_s, time.monotonic() - self.begun - due_s, outcome))

    async def ask(self, number: int) -> str:
        request = self.requests[number % len(self.requests)]
        first = number % len(self.targets)
        turns = self.targets[first:] + self.targets[:first]
        for target in turns:
            while self.idle[target]:
                # A kept connection that the server has closed meanwhile is nobody's error (RFC 9110 §9.2.2).
                kept = self.idle[target].pop()
                try:
                    return await self.exchange(target, kept, request)
                except (OSError, asyncio.IncompleteReadError) as error:
                    kept[1].close()
                    if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                        raise
                    self.resent += 1
            try:
                fresh = await asyncio.open_connection(*target)
            except ConnectionRefusedError:
                if target is turns[-1]:
                    raise
                continue
            return await self.exchange(target, fresh, request)
        raise ConnectionRefusedError

    async def exchange(self, target, connection, request: bytes) -> str:
        reader, writer = connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, headers = head[9:12].decode(), head.lower()
        length = headers.split(b"content-length:", 1)
        if len(length) == 2:
            await reader.readexactly(int(length[1].split(b"\r\n", 1)[0]))
            keep = b"connection: close" not in headers
        else:
            await self.drain_chunks(reader)
            keep = True
        if keep:
            self.idle[target].append(connection)
        else:
            writer.close()
        return status

    async def drain_chunks(self, reader):
        while True:
            size = int(await reader.readline(), 16)
            await reader.readexactly(size + 2)
            if size == 0:
                return


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0
