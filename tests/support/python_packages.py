"""Packages of PyPI for tests, in an environment of their own."""

import subprocess
import sys
import unittest


def python_with(packages, folder):
    """The Python of an environment in `folder` that has the packages. SkipTest: they cannot be had."""
    python = folder / "bin/python"
    if (folder / "installed").exists():
        return python
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise unittest.SkipTest("no venv: " + (made.stdout + made.stderr).strip()[-200:])
    install = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--timeout", "20", "--retries", "1",
                              *packages], capture_output=True, text=True, check=False)
    if install.returncode != 0:
        raise unittest.SkipTest("pip install failed: " + install.stderr.strip()[-200:])
    (folder / "installed").touch()
    return python
