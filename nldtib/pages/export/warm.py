"""A process that has imported what pages need, and becomes a kernel as often as it is asked.

Run by its path, never imported: what it imports is what every kernel starts with. It imports and
computes nothing, so that each kernel is as fresh as one that imported all this itself. A request
is a line of JSON on standard input; the answer is the number of the new process, or a refusal.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import sys

IMPORTED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "ipykernel.zmqshell",
    "nldtib.pages.cells",
    "nldtib.pages.present",
    "babel.dates",
    "babel.numbers",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_svg",
    "seaborn",
)


def main() -> None:
    """Import, then fork a kernel per request until nobody asks any more."""
    for name in IMPORTED:
        # What cannot be imported here is told by the notebook that needs it.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    # The system buries the dead, so that a process that has ended is no longer there.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        request, parent = json.loads(line), os.getpid()
        try:
            child = os.fork()
        except OSError as problem:
            print(-(problem.errno or 1), flush=True)
            continue
        if child == 0:
            try:
                _become(request, parent)
            finally:
                os._exit(1)
        print(child, flush=True)


def _become(request: dict, parent: int) -> None:
    """Turn this process into a kernel: the head of its own group, with its own surroundings."""
    from ipykernel.kernelapp import IPKernelApp

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for place, (path, how) in enumerate(
        ((os.devnull, os.O_RDONLY), *[(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)] * 2)
    ):
        opened = os.open(path, how, 0o666)
        os.dup2(opened, place)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = ["ipykernel_launcher.py", *request["arguments"]]
    # It ends itself when the process that it came from is gone.
    IPKernelApp.launch_instance(parent_handle=parent)


if __name__ == "__main__":
    main()
