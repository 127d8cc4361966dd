// The real backend: an io_uring of the calling thread's own. Needs Linux 6.0; uses what later ones
// add (src/io/README.md).
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/base/result.h"
#include "sluice/io/backend.h"

namespace sluice::io {

struct UringOptions {
    std::uint32_t submission_entries = 1024;
    std::uint32_t completion_entries = 8192;
    // The receive buffers, for bytes that arrive before a receive() asks for them; the count is a
    // power of two.
    std::uint32_t receive_buffer_count = 512;
    std::uint32_t receive_buffer_bytes = 16 * 1024;
};

// Makes a backend; it is called on the thread that will use it. The error is one sentence for the
// operator, also when the kernel or a container forbids io_uring.
Result<std::unique_ptr<Backend>> make_uring_backend(const UringOptions& options = {});

}  // namespace sluice::io
