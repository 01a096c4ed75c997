"""The command line with programs that only pretend to train, so that a sweep takes a moment.

A pretended program keeps a log and writes a summary as a real one does. What it does is told by
the lets of its network: `bad` 1 fails, `gate` 1 waits after its second epoch for a file `go` in
the folder of the sweep, `alone` 1 fails where another runs, `pair` 1 waits for another.
"""

import importlib
import sys

BODY = """
import argparse, json, sys, time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--epochs", type=int, default=EPOCHS)
parser.add_argument("--batch", type=int, default=BATCH)
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--data")
parser.add_argument("--out", type=Path)
args = parser.parse_args()
here, sweep = args.out, args.out.parent
deadline = time.monotonic() + 300


def wait_for(what):
    while not what():
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.02)


with open(here / "starts", "a") as starts:
    starts.write("x")
print("a program of batch", args.batch)
print("I0000 00:00:1795261025.077473    1971 port.cc:153] what TensorFlow says of itself")
if LETS.get("bad") == "1":
    raise SystemExit("no luck")
if LETS.get("alone") == "1":
    (sweep / "running").touch(exist_ok=False)
if LETS.get("pair") == "1":
    wait_for(lambda: len(list(sweep.glob("*/starts"))) > 1)
log = here / "log.csv"
if not log.exists():
    log.write_text("epoch,accuracy,loss,val_accuracy,val_loss\\n")
for epoch in range(len(log.read_text().splitlines()) - 1, args.epochs):
    if LETS.get("gate") == "1" and epoch == 2:
        wait_for((sweep / "go").exists)
    time.sleep(0.05)
    with open(log, "a") as file:
        file.write(f"{epoch},0.5,1.0,{min(epoch, 3) / 4 + args.batch / 1024},1.0\\n")
rows = [line.split(",") for line in log.read_text().splitlines()[1:]]
best = max(rows, key=lambda row: float(row[3]))
summary = {
    "epochs": len(rows),
    "best_epoch": int(best[0]) + 1,
    "validation_accuracy": float(best[3]),
    "test_accuracy": float(best[3]) - 1 / 1024,
    "seconds": 1.25,
}
(here / "summary.json").write_text(json.dumps(summary))
if LETS.get("alone") == "1":
    (sweep / "running").unlink()
"""


def program(network, w=1, rounding=None):
    lets = {name: str(value) for name, value in network.values.items()}
    train = network.train
    return f"LETS = {lets}\nBATCH = {train.batch}\nEPOCHS = {train.epochs}\n{BODY}"


def pretend(set_attribute=setattr):
    set_attribute(importlib.import_module("netform.codegen.keras.target"), "emit", program)


if __name__ == "__main__":
    from netform.cli import main

    pretend()
    sys.argv[0] = "netform"
    main()
