"""The Debian package: it installs, serves, is upgraded with its points, is removed, and leaves nothing when purged.

All of that happens in a copy of this machine: an overlay over its root, in name spaces of its own. What the
package depends on is there, nothing has to be fetched, and the machine stays as it is.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from programs import BUILD, ROOT

HERE = pathlib.Path(__file__).resolve().parent

# The overlay is mounted inside, so that it ends with the name space.
ENTER = """
set -e
mount -t overlay overlay -o lowerdir=/,upperdir="$1/upper",workdir="$1/work" "$1/tree"
mount -t proc proc "$1/tree/proc"
mount --rbind /sys "$1/tree/sys"
mount --rbind /dev "$1/tree/dev"
mkdir -p "$1/tree/tmp" "$1/tree/package"
cp "$1"/package/* "$1/tree/package/"
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C chroot "$1/tree" /usr/bin/python3 /package/package_life.py
"""


def build_package(output, revision):
    # Most of the time would be compression, which proves nothing here.
    result = subprocess.run([ROOT / "packaging/deb.sh", "--revision", str(revision), "--output", output, BUILD],
                            capture_output=True, text=True, check=False,
                            env=os.environ | {"DPKG_DEB_COMPRESSOR_LEVEL": "0"})
    assert result.returncode == 0, result.stdout + result.stderr
    return pathlib.Path(result.stdout.splitlines()[-1])


def require_package_tools():
    if os.geteuid() != 0:
        raise unittest.SkipTest("only root can mount an overlay")
    for program in ("dpkg-deb", "unshare", "setpriv", "systemd-sysusers"):
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"there is no {program}")


def test_life_of_the_package():
    require_package_tools()
    # Not in /tmp, which may be in memory: the upper layer has to take O_DIRECT.
    with tempfile.TemporaryDirectory(prefix="package-", dir=BUILD) as folder:
        place = pathlib.Path(folder)
        for name in ("upper", "work", "tree", "package"):
            (place / name).mkdir()
        shutil.copy(HERE / "package_life.py", place / "package")
        probe = "mount -t overlay overlay -o lowerdir=/,upperdir=$1/upper,workdir=$1/work $1/tree"
        probed = subprocess.run(["unshare", "--mount", "sh", "-c", probe, "sh", folder], capture_output=True, text=True,
                                check=False)
        if probed.returncode != 0:
            raise unittest.SkipTest(f"no overlay can be mounted: {probed.stderr.strip()}")
        for revision in (1, 2):
            build_package(place / "package", revision)
        result = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ENTER, "sh", folder],
                                capture_output=True, text=True, check=False, timeout=300)
        assert result.returncode == 0, (result.stdout + result.stderr)[-4000:]


def test_lintian_finds_nothing():
    if shutil.which("lintian") is None:
        raise unittest.SkipTest("there is no lintian")
    with tempfile.TemporaryDirectory() as folder:
        package = build_package(folder, 1)
        found = subprocess.run(["lintian", "--fail-on", "error,warning", package],
                               capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
