#include "case_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

namespace sluice::test {
namespace {

constexpr std::string_view kIndent = "    ";

struct TextCase {
    std::string input;
    std::string expected;  // without the newline of its last line
    int line = 0;          // of the input, from 1
};

std::vector<TextCase> read_cases(const std::string& path) {
    std::vector<TextCase> cases;
    std::ifstream file(path);
    EXPECT_TRUE(file.is_open()) << path;
    std::string text;
    bool has_expected = false;
    std::string skipped;  // newlines of empty lines, as long as it is open what they belong to
    for (int line = 1; std::getline(file, text); ++line) {
        if (text.empty()) {
            skipped += '\n';
        } else if (text.starts_with(kIndent) && !cases.empty()) {
            std::string& expected = cases.back().expected;
            if (has_expected) expected += '\n' + skipped;
            expected += std::string_view(text).substr(kIndent.size());
            has_expected = true;
            skipped.clear();
        } else if (text[0] != '#') {
            cases.push_back({text, {}, line});
            has_expected = false;
            skipped.clear();
        }
    }
    return cases;
}

}  // namespace

void run_cases(std::string_view name,
               const std::function<std::string(const std::string& input)>& answer) {
    const std::string path = SLUICE_TESTS_DIRECTORY "/" + std::string(name);
    const std::vector<TextCase> cases = read_cases(path);
    if (cases.empty()) ADD_FAILURE_AT(path.c_str(), 1) << "the file has no case";
    for (const TextCase& each : cases) {
        const std::string actual = answer(each.input);
        if (actual == each.expected) continue;
        ADD_FAILURE_AT(path.c_str(), each.line)
            << each.input << "\nexpected: " << each.expected << "\nactual:   " << actual;
    }
}

}  // namespace sluice::test
