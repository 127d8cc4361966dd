// What liburing 2.9 wants of <linux/blkdev.h>, for systems whose kernel headers are older than
// Linux 6.12 (Debian 12). On the include path only where the system has no such header.
#pragma once

#include <linux/ioctl.h>

#define BLOCK_URING_CMD_DISCARD _IO(0x12, 0)
