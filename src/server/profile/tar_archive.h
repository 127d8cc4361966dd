// A TarArchive puts files into one (POSIX.1-1988 ustar).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::server {

class TarArchive {
public:
    // `name` is shorter than 100 bytes.
    void add(std::string_view name, std::string_view content, std::int64_t wall_ns);
    // The whole, once.
    std::string finish();

private:
    std::string bytes_;
};

}  // namespace sluice::server
