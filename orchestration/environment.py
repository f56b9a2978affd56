"""`.venv` from the pinned lock. Standard library only, and Pythons that are too old must be able to parse it."""

import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOWEST = (3, 11)


def main():
    """Create the environment, install the lock and the project; returns the exit code."""
    if sys.version_info < LOWEST:
        found = "%d.%d" % sys.version_info[:2]
        print("✗ Python %s is too old: Throughline needs 3.11 or newer. Install one and run: make PYTHON=python3.11" % found)
        return 2
    try:
        # Debian ships venv without these until python3-venv is installed.
        __import__("ensurepip")
        __import__("venv")
    except ImportError:
        version = "%d.%d" % sys.version_info[:2]
        print("✗ This Python cannot make environments: its module venv is missing.")
        print("  On Debian and Ubuntu: apt install python%s-venv   Then run the command again." % version)
        return 2
    if os.path.islink(VENV):
        print(
            "✗ %s is a link to an environment that may serve others and would be emptied. Remove the link and run again." % VENV
        )
        return 2
    began = time.time()
    print("Setting up .venv from requirements.lock (once, about a minute and a half) …", flush=True)
    pip = [os.path.join(VENV, "bin", "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    steps = (
        [sys.executable, "-m", "venv", "--clear", VENV],
        [*pip, "--requirement", os.path.join(ROOT, "requirements.lock")],
        [*pip, "--no-deps", "--editable", ROOT],
    )
    for step in steps:
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout)
            print("✗ Setting up failed at: %s" % " ".join(step))
            print("  The package index must be reachable; what was installed is kept, run the command again.")
            return 2
    with open(os.path.join(VENV, "ready"), "w") as mark:
        mark.write("made from requirements.lock\n")
    print("✓ environment ready in %.0f s" % (time.time() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main())
