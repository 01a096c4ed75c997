"""A process that only pretends to measure, so that a test takes a moment.

What it does is told by the lets of its network: `fits` is the largest batch that fits, `ends` how
it ends beyond: 0 it tells that memory is out, 1 it is killed, 2 it hangs, 3 it fails, 4 it has a
traceback, 5 it does not find the card. Its process id goes to the file of the variable PRETEND_PID.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path


def main():
    folder = Path(sys.argv[1])
    task = json.loads((folder / "task.json").read_text())
    if "PRETEND_PID" in os.environ:
        Path(os.environ["PRETEND_PID"]).write_text(str(os.getpid()))
    values = {"fits": "10", "ends": "0"}
    words = task["text"].split()
    for name in values:
        if name in words:
            values[name] = words[words.index(name) + 2]
    with open(folder / "told.jsonl", "w") as told:

        def tell(entry):
            told.write(json.dumps(entry) + "\n")
            told.flush()

        tell({"device": "cpu", "versions": {"pretend": "1"}})
        for batch in task["batches"]:
            if batch > int(values["fits"]):
                end(int(values["ends"]), tell)
            figures = [["training_peak", 1000 * batch, "pretended"]]
            tell({"batch": batch, "figures": figures, "parts": {"weights": 9}, "seconds": 0.5})


def end(how, tell):
    if how == 0:
        tell({"failed": "memory", "message": "out of memory"})
    elif how == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    elif how == 2:
        time.sleep(600)
    elif how == 3:
        tell({"failed": "error", "message": "ValueError: no"})
    elif how == 5:
        tell({"failed": "card", "message": "PyTorch finds no such card"})
    else:
        raise ValueError("this is the last line")
    os._exit(3)


if __name__ == "__main__":
    main()
