// Broken invariants stop the process, in release builds too: going on would risk stored data.
#pragma once

namespace sluice {

// Prints the failed condition and its place to stderr, then aborts.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace sluice

#define SLUICE_CHECK(condition)                                     \
    do {                                                            \
        if (!(condition)) [[unlikely]]                              \
            ::sluice::check_failed(#condition, __FILE__, __LINE__); \
    } while (false)
