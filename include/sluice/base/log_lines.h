// Lines of another kind than the server's log that go the same way: to standard error.
#pragma once

#include <string_view>

namespace sluice {

// Writes whole lines with one write(2). What the kernel does not take is lost.
void write_log_lines(std::string_view lines);

}  // namespace sluice
