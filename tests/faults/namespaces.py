"""A kernel namespace of one's own: mounts and networks that nobody else sees, and that end with the command."""

import subprocess

from tests.lacking import lacking

PRIVATE = ("unshare", "--map-root-user", "--mount", "--net")


def require_namespaces() -> None:
    """Ends a test where the kernel gives out no namespaces, as some hosted machines don't, and says why."""
    tried = subprocess.run([*PRIVATE, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        lacking(f"this machine permits no namespaces: {' '.join(PRIVATE)}: {tried.stderr.strip()}")
