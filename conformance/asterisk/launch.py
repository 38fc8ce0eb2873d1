"""Become another program in a chroot, as another user, that dies when its parent dies.

    python launch.py TREE USER_ID GROUP_ID PROGRAM ARGUMENT...   (PROGRAM as an absolute path)

A program of its own because the order matters and must run in a fresh process: chroot needs root; changing
the user makes the kernel forget the request for the kill; the request must be made before the program starts.
`chroot` and `setpriv` in a row cannot do it: Debian 11's `setpriv` needs /proc, which the tree has not. Each
step leaves the process id as it is.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
"""`man 2 prctl`: send me this signal when the thread that made me ends."""


def launch(tree: str, user: int, group: int, command: list[str]) -> None:
    """Turn this process into `command`; returns only by raising `OSError`."""
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getppid()
    os.chroot(tree)
    os.chdir("/")
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        sys.exit("the parent was gone before the request for the kill was made")
    os.execv(command[0], command)


if __name__ == "__main__":
    launch(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
