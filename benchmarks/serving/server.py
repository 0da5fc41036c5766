"""A running `ulmfit serve` and the load on it, for the scripts of this folder."""

import json
import os
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).parent


class Server:
    """On a port of its own; it has printed its address when this returns."""

    def __init__(self, ulmfit, model, *options, log=subprocess.DEVNULL):
        began = time.perf_counter()
        command = [ulmfit, "serve", model, "--listen", "127.0.0.1:0", *options]
        self.program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        self.url = json.loads(self.program.stdout.readline())["listening"]
        self.ready = time.perf_counter() - began

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.program.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self, field="VmRSS"):
        """MB."""
        lines = pathlib.Path(f"/proc/{self.program.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024

    def stop(self):
        self.program.terminate()
        self.program.wait()


def load(url, bodies, connections, seconds):
    """What wrk found; each line of the file `bodies` is a request."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "30s", "-s", HERE / "load.lua", url]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "TEXTS": bodies})
    return json.loads(said.stdout.strip().splitlines()[-1])
