// The server's own statements are asked for the one number of their answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/io/task.h"

namespace sluice::query {

class StatementExecutor;

// Runs a statement whose answer has at most one row, and reads the value number `column` of it;
// there is none without a row. It fails with the statement's error, or with kInvalid if the answer
// is no number. `executor` outlives it.
io::Task<Result<std::optional<std::uint64_t>>> ask_for_number(StatementExecutor& executor,
                                                              std::string database,
                                                              std::string statement,
                                                              std::uint32_t column);

}  // namespace sluice::query
