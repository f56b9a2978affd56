"""`.venv` from the pinned locks. Standard library only, and Pythons that are too old must be able to parse it.

What runs needs is in requirements.lock, what tests and linters need besides in requirements-dev.lock. Every file that is
installed is compared with its hash there.
"""

import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
LOWEST = (3, 11)
WHERE_PACKAGES_LIE = "import sysconfig; print(sysconfig.get_paths()['purelib'])"


def main(arguments):
    """Create the environment, or with --tools add what developers need; returns the exit code."""
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
    if "--tools" in arguments:
        return set_up("requirements-dev.lock", "tools", "half a minute", [])
    return set_up("requirements.lock", "ready", "about a minute and a half", [[sys.executable, "-m", "venv", "--clear", VENV]])


def set_up(lock, mark, duration, before):
    """Do the steps before, install a lock, and leave a mark; returns the exit code."""
    began = time.time()
    print("Setting up .venv from %s (once, %s) …" % (lock, duration), flush=True)
    python = os.path.join(VENV, "bin", "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--requirement"]
    for step in [*before, [*pip, os.path.join(ROOT, lock)]]:
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout)
            print("✗ Setting up failed at: %s" % " ".join(step))
            print("  The package index must be reachable; what was installed is kept, run the command again.")
            return 2
    # The project itself is found where it lies: nothing is built, so nothing is fetched for building.
    packages = subprocess.check_output([python, "-c", WHERE_PACKAGES_LIE], text=True).strip()
    with open(os.path.join(packages, "throughline.pth"), "w") as path:
        path.write(ROOT + "\n")
    with open(os.path.join(VENV, mark), "w") as file:
        file.write("made from %s\n" % lock)
    print("✓ environment ready in %.0f s" % (time.time() - began))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
