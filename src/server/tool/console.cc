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

// On a terminal only: in a file, or behind a pipe, it would be thousands of lines.
ProgressBar::ProgressBar() : shown_(::isatty(STDERR_FILENO) != 0) {}

std::string progress_text(const std::string& what, std::uint64_t done, std::uint64_t total) {
    constexpr std::uint64_t kCells = 30;
    const std::uint64_t filled = total == 0 ? kCells : std::min(done, total) * kCells / total;
    std::string bar(filled, '#');
    bar.resize(kCells, '.');
    std::string percent = std::to_string(total == 0 ? 100 : done * 100 / total);
    if (percent.size() < 3) percent.insert(0, 3 - percent.size(), ' ');
    return "[" + bar + "] " + percent + " %  " + std::string(file_name_of(what));
}

void ProgressBar::show(const std::string& what, std::uint64_t done, std::uint64_t total) {
    if (!shown_) return;
    // Back to the beginning of the line, of which the rest is erased.
    std::fprintf(stderr, "\r\033[K%s", progress_text(what, done, total).c_str());
}

void ProgressBar::clear() {
    if (shown_) std::fputs("\r\033[K", stderr);
}

}  // namespace sluice::server
