#include "log_capture.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "sluice/base/check.h"
#include "sluice/base/log.h"

namespace sluice::server {
namespace {

void write_all(int fd, std::string_view text) {
    // Nobody could be told that nobody can be told.
    [[maybe_unused]] const ssize_t written = ::write(fd, text.data(), text.size());
}

std::string_view message_of(std::string_view line) {
    constexpr std::string_view kBegin = " msg=\"";
    const std::size_t at = line.find(kBegin);
    if (at == std::string_view::npos) return {};
    const std::size_t begin = at + kBegin.size();
    return line.substr(begin, line.find('"', begin) - begin);
}

}  // namespace

LogCapture::LogCapture(bool shows)
    : shows_(shows), terminal_(::dup(STDERR_FILENO)), file_(::memfd_create("log", 0)) {
    SLUICE_CHECK(terminal_ >= 0 && file_ >= 0 && ::dup2(file_, STDERR_FILENO) == STDERR_FILENO);
    set_log_level(LogLevel::kInfo);
}

LogCapture::~LogCapture() {
    ::dup2(terminal_, STDERR_FILENO);
    ::close(terminal_);
    ::close(file_);
}

void LogCapture::count_in(RareStates& states) {
    std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_CUR)), '\0');
    const ssize_t read = ::pread(file_, text.data(), text.size(), 0);
    SLUICE_CHECK(read == static_cast<ssize_t>(text.size()));
    SLUICE_CHECK(::ftruncate(file_, 0) == 0 && ::lseek(file_, 0, SEEK_SET) == 0);
    if (shows_) write_all(terminal_, text);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        if (end == std::string::npos) break;
        const std::string_view line(text.data() + begin, end - begin);
        const std::string_view message = message_of(line);
        if (!message.empty()) states.note(message);
        begin = end + 1;
    }
}

void LogCapture::show_end() const {
    char text[2000];
    const off_t end = ::lseek(file_, 0, SEEK_CUR);
    const off_t begin =
        end > static_cast<off_t>(sizeof text) ? end - static_cast<off_t>(sizeof text) : 0;
    const ssize_t read = ::pread(file_, text, sizeof text, begin);
    if (read > 0) write_all(terminal_, {text, static_cast<std::size_t>(read)});
}

void LogCapture::tell(const std::string& line) const {
    write_all(terminal_, line + "\n");
}

}  // namespace sluice::server
