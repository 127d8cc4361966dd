// Lines of another kind than the server's log that go the same way: to standard error.
#pragma once

#include <string_view>

namespace sluice {

// Whole lines, in one write(2). Whatever is not taken is lost.
void write_log_lines(std::string_view lines);

}  // namespace sluice
