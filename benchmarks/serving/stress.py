#!/usr/bin/env python3
"""What `ulmfit serve` does when too much comes, or what should not come. Python's own library is enough; Linux.

    stress.py flood ULMFIT MODEL TEXTS.jsonl [--requests 1000000]    good, malformed and aborted requests, mixed
    stress.py overload ULMFIT MODEL TEXTS.jsonl [--times 4]          more requests than it can answer
    stress.py faults ULMFIT MODEL TEXTS.jsonl                        half-open connections, slow readers, a body of 1 GB
    stress.py term ULMFIT MODEL TEXTS.jsonl                          SIGTERM with requests in flight

TEXTS has a JSON object with `text` a line. Answers are compared with those of `ulmfit predict`. Prints a line of JSON; exit code 1 if
an answer is wrong or missing.
"""

import argparse
import asyncio
import gc
import json
import pathlib
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time

from server import Server

MALFORMED = [b'{"text":', b'{"text": 5}', b"{}", b"[", b"\xff\xfe", b'{"text": "a", "top": "x"}']


def address(server):
    return server.url.removeprefix("http://")


def connect(server):
    host, port = address(server).split(":")
    return asyncio.open_connection(host, int(port))


def request(body, server):
    head = f"POST /predict HTTP/1.1\r\nhost: {address(server)}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def answer(reader):
    """Status and body; `ConnectionError` if there is none."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = int(head[9:12]), 0
    at = head.lower().find(b"content-length: ")
    if at >= 0:
        length = int(head[at + 16:head.index(b"\r", at)])
    return status, await reader.readexactly(length)


def expected(args):
    """For each text its request and what `predict` says."""
    lines = pathlib.Path(args.texts).read_bytes().splitlines()[: args.texts_used]
    command = [args.ulmfit, "predict", args.model, "-", "-q", "--format", "jsonl"]
    said = subprocess.run(command, input=b"\n".join(lines) + b"\n", check=True, capture_output=True).stdout
    return lines, [json.loads(line)["probabilities"] for line in said.splitlines()]


def is_right(body, wanted):
    return json.loads(body)["predictions"][0]["probabilities"] == wanted


async def flood(args, server, texts, wanted):
    """Requests of `--connections` clients: 90 % good, 5 % malformed, 5 % aborted."""
    count = {"good": 0, "malformed": 0, "aborted": 0, "wrong": 0, "lost": 0}
    known = {}  # bodies that were compared already
    left = iter(range(args.requests))

    async def client(number):
        draw = random.Random(number)
        reader = writer = None
        for at in left:
            if at == args.requests // 10:
                count["rss_mb_after_a_tenth"] = round(server.memory(), 1)
            if writer is None:
                reader, writer = await connect(server)
            kind = draw.random()
            which = draw.randrange(len(texts))
            whole = request(texts[which], server)
            if kind < 0.05:  # the half of it, or all of it, and away
                writer.write(whole[: len(whole) // 2] if kind < 0.025 else whole)
                writer.close()
                writer = None
                count["aborted"] += 1
                continue
            body = draw.choice(MALFORMED) if kind < 0.1 else None
            writer.write(whole if body is None else request(body, server))
            try:
                status, said = await answer(reader)
            except (OSError, asyncio.IncompleteReadError):
                count["lost"] += 1
                writer = None
                continue
            if body is not None:
                count["malformed"] += 1
                count["wrong"] += status not in (400, 422)
            else:
                count["good"] += 1
                if status != 200:
                    count["wrong"] += 1
                elif known.get(which) != said:
                    count["wrong"] += not is_right(said, wanted[which])
                    known[which] = said
        if writer is not None:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client(number) for number in range(args.connections)))
    count["requests_per_s"] = round(args.requests / (time.perf_counter() - began))
    await asyncio.sleep(1)
    count["rss_mb_at_the_end"] = round(server.memory(), 1)
    count["growth"] = round(count["rss_mb_at_the_end"] / count["rss_mb_after_a_tenth"] - 1, 4)
    count["ok"] = not count["wrong"] and not count["lost"] and count["growth"] < 0.05
    return count


async def one(server, body):
    """Status, body and seconds of a request on a connection of its own."""
    began = time.perf_counter()
    reader, writer = await connect(server)
    writer.write(request(body, server))
    try:
        return *await answer(reader), time.perf_counter() - began
    except (OSError, asyncio.IncompleteReadError):
        return 0, b"", time.perf_counter() - began
    finally:
        writer.close()


async def lag(found):
    """Milliseconds by which this program itself is late, as it shares the cores with the server; until it is cancelled."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(0.001)
        found.append(1000 * (time.perf_counter() - began) - 1)


def refusals(log):
    """Milliseconds from a request to its 429, by the server's clock."""
    log.seek(0)
    events = (json.loads(line) for line in log if b'"status":429' in line)
    return sorted(event["ms"] for event in events)


def overflows():
    """Connections that the system had no place for; the client tries again after a second."""
    names, values = [line.split() for line in pathlib.Path("/proc/net/netstat").read_text().splitlines() if line.startswith("TcpExt:")]
    return int(values[names.index("ListenOverflows")])


async def overload(args, server, texts, wanted):
    """Arrivals at `--times` the capacity, whether or not answers come."""
    done, over = 0, time.perf_counter() + args.seconds

    async def busy(number):
        nonlocal done
        while time.perf_counter() < over:
            status, _, _ = await one(server, texts[(number + 32 * done) % len(texts)])
            done += status == 200

    began = time.perf_counter()
    await asyncio.gather(*(busy(number) for number in range(32)))
    capacity = done / (time.perf_counter() - began)
    gc.disable()  # a collection of all that waits takes hundreds of milliseconds, which would be counted as the server's
    late, before = [], overflows()
    watch = asyncio.create_task(lag(late))
    running, start = [], time.perf_counter()
    for number in range(int(args.times * capacity * args.seconds)):
        running.append(asyncio.create_task(one(server, texts[number % len(texts)])))
        await asyncio.sleep(max(0, start + (number + 1) / (args.times * capacity) - time.perf_counter()))
    found = await asyncio.gather(*running)
    watch.cancel()
    took = {status: sorted(seconds for its, _, seconds in found if its == status) for status in {row[0] for row in found}}
    right = all(is_right(body, wanted[at % len(texts)]) for at, (status, body, _) in enumerate(found) if status == 200)
    place = lambda values, share: round(1000 * values[min(len(values) - 1, int(share * len(values)))], 1)
    summary = {
        str(status): {"count": len(values), "p50_ms": place(values, 0.5), "p99_ms": place(values, 0.99), "max_ms": place(values, 1)}
        for status, values in took.items()
    }
    refused = refusals(server.log) or [0.0]
    told = {"429_by_the_server": {"p99_ms": refused[len(refused) * 99 // 100], "max_ms": refused[-1]}, "client_late_max_ms": round(max(late), 1)}
    summary |= told | {"not_accepted_at_once": overflows() - before}
    return {"capacity_texts_per_s": round(capacity, 1), "right": right, **summary, "ok": right and 0 not in took}


async def faults(args, server, texts, wanted):
    """Each in turn, with a good request after it; memory is the highest so far."""
    found = {"peak_mb_before": round(server.memory("VmHWM"), 1)}

    async def still_answers(name):
        status, body, seconds = await asyncio.wait_for(one(server, texts[0]), 60)
        found[f"{name}_then"] = status == 200 and is_right(body, wanted[0])
        found[f"{name}_then_ms"] = round(1000 * seconds, 1)
        found[f"{name}_peak_mb"] = round(server.memory("VmHWM"), 1)

    half_open, meanwhile = [], []
    whole = request(texts[0], server)
    parts = [b"", whole[:30], whole[: whole.index(b"\r\n\r\n") + 4]]  # nothing, half of a head, a head without its body

    async def attack():
        for number in range(args.half_open):
            try:
                _, writer = await asyncio.wait_for(connect(server), 5)
                writer.write(parts[number % len(parts)])
                half_open.append(writer)
            except (OSError, asyncio.TimeoutError):
                break

    attacking = asyncio.create_task(attack())
    while not attacking.done():
        status, body, seconds = await one(server, texts[0])
        meanwhile.append(1000 * seconds if status == 200 and is_right(body, wanted[0]) else float("inf"))
    found["half_open_meanwhile"] = {"answers": len(meanwhile), "max_ms": round(max(meanwhile), 1)}
    found["half_open"] = len(half_open)
    await asyncio.sleep(1)
    await still_answers("half_open")
    for writer in half_open:
        writer.close()
    await asyncio.sleep(1)
    slow = []
    many = json.dumps({"texts": [json.loads(text)["text"] for text in texts[:200]]}).encode()
    for _ in range(200):  # asks for much, and reads nothing
        _, writer = await connect(server)
        writer.write(request(many, server) * 4)
        slow.append(writer)
    await asyncio.sleep(2)
    await still_answers("slow_readers")
    for writer in slow:
        writer.close()
    reader, writer = await connect(server)
    head = f"POST /predict HTTP/1.1\r\nhost: {address(server)}\r\ncontent-type: application/json\r\n"
    found["body_1gb_named"] = await huge(reader, writer, head + f"content-length: {1 << 30}\r\n\r\n", b"{" + b"x" * 0xFFFF)
    await still_answers("body_1gb_named")
    reader, writer = await connect(server)
    chunk = b"10000\r\n" + b'"' + b"x" * 0xFFFF + b"\r\n"
    found["body_1gb_chunked"] = await huge(reader, writer, head + "transfer-encoding: chunked\r\n\r\n", chunk)
    await still_answers("body_1gb_chunked")
    found["ok"] = all(value for name, value in found.items() if name.endswith("_then"))
    found["ok"] &= found["body_1gb_named"] == found["body_1gb_chunked"] == 413
    return found


async def huge(reader, writer, head, piece):
    """Status of a request that goes on until there is an answer."""
    answered = asyncio.create_task(answer(reader))
    writer.write(head.encode())
    try:
        for _ in range((1 << 30) // len(piece)):
            if answered.done():
                break
            writer.write(piece)
            await writer.drain()
    except OSError:
        pass
    try:
        return (await asyncio.wait_for(answered, 30))[0]
    except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError):
        return 0
    finally:
        writer.close()


async def term(args, server, texts, wanted):
    """Requests of many clients; the signal comes while they wait. What is in the queue must be answered, the rest refused with 503."""
    running = [asyncio.create_task(one(server, texts[number % len(texts)])) for number in range(args.connections)]
    await asyncio.sleep(0.5)
    before = sum(task.done() for task in running)
    server.program.send_signal(signal.SIGTERM)
    began = time.perf_counter()
    found = await asyncio.gather(*running)
    code = await asyncio.to_thread(server.program.wait)
    statuses = [status for status, _, _ in found]
    right = all(is_right(body, wanted[at % len(texts)]) for at, (status, body, _) in enumerate(found) if status == 200)
    return {
        "sent": len(found), "answered_before": before, "status": {str(each): statuses.count(each) for each in set(statuses)},
        "right": right, "ended_after_s": round(time.perf_counter() - began, 2), "exit_code": code,
        "ok": right and set(statuses) <= {200, 503} and statuses.count(200) > before and code == 0,
    }


TASKS = {"flood": flood, "overload": overload, "faults": faults, "term": term}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("ulmfit")
    parser.add_argument("model")
    parser.add_argument("texts")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--texts-used", type=int, default=2000)
    parser.add_argument("--times", type=float, default=4)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--queue-texts", default="1024")
    parser.add_argument("--half-open", type=int, default=10_000)
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    texts, wanted = expected(args)
    log = tempfile.TemporaryFile()
    server = Server(args.ulmfit, args.model, "--queue-texts", args.queue_texts, "--log", "json", log=log if args.task == "overload" else subprocess.DEVNULL)
    server.log = log
    try:
        found = asyncio.run(TASKS[args.task](args, server, texts, wanted))
        found["server_ended"] = server.program.poll() if args.task != "term" else None
    finally:
        server.stop()
    print(json.dumps({"task": args.task, **found}))
    sys.exit(0 if found["ok"] and found["server_ended"] is None else 1)


if __name__ == "__main__":
    main()
