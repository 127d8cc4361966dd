#include "server/tool/console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace sluice::server {

void complain(std::string_view sentence) {
    std::fprintf(stderr, "sluice: %.*s\n", static_cast<int>(sentence.size()), sentence.data());
}

void print_line(std::string_view line) {
    std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

std::string_view file_name_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

ProgressBar::ProgressBar() : shown_(::isatty(STDERR_FILENO) != 0) {}

void ProgressBar::show(const std::string& what, std::uint64_t done, std::uint64_t total) {
    if (!shown_) return;
    constexpr std::uint64_t kCells = 30;
    const std::uint64_t filled = total == 0 ? kCells : std::min(done, total) * kCells / total;
    std::string bar(filled, '#');
    bar.resize(kCells, '.');
    std::fprintf(stderr, "\r\033[K[%s] %3llu %%  %s", bar.c_str(),
                 static_cast<unsigned long long>(total == 0 ? 100 : done * 100 / total),
                 std::string(file_name_of(what)).c_str());
}

void ProgressBar::clear() {
    if (shown_) std::fputs("\r\033[K", stderr);
}

}  // namespace sluice::server
