// Tables of test cases that lie in text files, and the one runner that reads them.
//
//     # A comment.
//     select count() from one
//         invalid number of arguments for count, expected 1, got 0
//
// A case is a line that begins at the margin, which is the input, and the lines behind it that are
// indented by four spaces, which are the expected text. An empty line belongs to the expected text
// if an indented line follows it; all others separate cases.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace sluice::test {

// Calls `answer` with the input of each case of a file, whose name counts from `tests/`, and
// compares what it returns with the expected text. A difference is a failure of gtest at the file
// and line of the case. So is a file without a case.
void run_cases(std::string_view name,
               const std::function<std::string(const std::string& input)>& answer);

}  // namespace sluice::test
