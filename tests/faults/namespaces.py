"""A kernel namespace of one's own: mounts and networks that nobody else sees, and that end with the command."""

import subprocess

import pytest

PRIVATE = ("unshare", "--map-root-user", "--mount", "--net")


def require_namespaces() -> None:
    """Skips a test where the kernel gives out no namespaces, as some hosted machines don't, and says why."""
    tried = subprocess.run([*PRIVATE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"NOT TESTED, as this machine permits no namespaces: {' '.join(PRIVATE)}: {tried.stderr.strip()}")
