"""Limits that a job puts on itself before it reads one hostile byte, and cannot take off again.

Linux on x86-64 and ARM64: seccomp refuses every way to a file, a socket, a program, another process or a thread. Everywhere
a Unix has it: no descriptor may be opened (RLIMIT_NOFILE 0: neither file nor socket), none written to, memory and
processor are counted. A namespace without network is taken where the kernel gives one to everybody. Threads of its own are for
the one decoder that cannot do without (libde265: HEIC); they stand under the same limits and the same filter.
"""

import contextlib
import ctypes
import os
import platform
import resource
import struct
import sys

_ALLOW, _EPERM = 0x7FFF0000, 0x00050001
_ARCHES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# open openat openat2 creat socket socketpair connect bind listen accept accept4 sendto sendmsg clone clone3 fork vfork execve
# execveat kill tkill tgkill ptrace process_vm_readv process_vm_writev prlimit64 setrlimit unshare setns mount keyctl bpf
# pidfd_open pidfd_getfd io_uring_setup memfd_create unlink unlinkat rename renameat2 link symlink mkdir chmod truncate
# then signals by another way (rt_sigqueueinfo rt_tgsigqueueinfo pidfd_send_signal), the names of files by another way
# (linkat symlinkat mkdirat mknod mknodat rmdir chown lchown fchownat fchmodat setxattr lsetxattr utime utimes utimensat),
# others' priority (setpriority sched_setparam sched_setscheduler sched_setaffinity), memory and keys that are shared
_REFUSED = {
    "x86_64": (2, 257, 437, 85, 41, 53, 42, 49, 50, 43, 288, 44, 46, 56, 435, 57, 58, 59, 322, 62, 200, 234, 101, 310, 311, 302,
               160, 272, 308, 165, 250, 321, 434, 438, 425, 319, 87, 263, 82, 316, 86, 88, 83, 90, 76,
               129, 297, 424, 265, 266, 258, 133, 259, 84, 92, 94, 260, 268, 188, 189, 132, 235, 280,
               141, 142, 144, 203, 29, 30, 64, 68, 240, 248, 249, 298, 304),
    "aarch64": (56, 437, 198, 199, 203, 200, 201, 202, 242, 206, 211, 220, 435, 221, 281, 129, 130, 131, 117, 270, 271, 261,
                164, 97, 268, 40, 219, 280, 434, 438, 425, 279, 35, 276, 37, 36, 34, 53, 45,
                138, 240, 424, 33, 38, 54, 5, 6, 88, 140, 118, 119, 122, 194, 196, 190, 186, 180, 217, 218, 241, 265),
}  # fmt: skip


_CLONE = {"x86_64": (56, 435), "aarch64": (220, 435)}  # clone, clone3
_CLONE_THREAD, _ENOSYS = 0x00010000, 0x00050026


def close(*, memory: int, seconds: int, threads: bool = False) -> None:
    """`memory` bytes of address space, `seconds` of processor of all its threads."""
    with contextlib.suppress(OSError, AttributeError):  # a kernel that gives no namespaces: the rest stands without it
        os.unshare(os.CLONE_NEWUSER | os.CLONE_NEWNET)  # type: ignore[attr-defined,unused-ignore]
    for limit, value in (
        (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory),
    ):  # fmt: skip
        with contextlib.suppress(ValueError, OSError):  # macOS knows no RLIMIT_AS; the parent's clock stands
            resource.setrlimit(limit, (value, value))
    if sys.platform == "linux" and platform.machine() in _ARCHES:
        _filter(platform.machine(), threads=threads)


def _filter(machine: str, *, threads: bool) -> None:
    """A classic BPF program: another architecture dies, a refused call is EPERM, the rest goes on (seccomp(2)).

    With `threads`, clone(2) passes when it makes one, and clone3(2), whose flags no filter sees, is said not to exist.
    """
    clone, clone3 = _CLONE[machine]
    refused = [number for number in _REFUSED[machine] if not (threads and number in {clone, clone3})]
    code = [(0x20, 0, 0, 4), (0x15, 1, 0, _ARCHES[machine]), (0x06, 0, 0, 0), (0x20, 0, 0, 0)]
    if machine == "x86_64":
        code += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, 0)]  # x32 has other numbers
    if threads:
        code += [(0x15, 0, 1, clone3), (0x06, 0, 0, _ENOSYS), (0x15, 0, 4, clone), (0x20, 0, 0, 16)]
        code += [(0x45, 0, 1, _CLONE_THREAD), (0x06, 0, 0, _ALLOW), (0x06, 0, 0, _EPERM)]
    code += [(0x15, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    code += [(0x06, 0, 0, _ALLOW), (0x06, 0, 0, _EPERM)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in code))
    given = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    zero = ctypes.c_ulong(0)
    if libc.prctl(38, ctypes.c_ulong(1), zero, zero, zero) or libc.prctl(22, ctypes.c_ulong(2), given, zero, zero):
        raise OSError(ctypes.get_errno(), "seccomp")
