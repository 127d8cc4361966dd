// The server's log: one logfmt or JSON line per event on standard error.
//
//     log_info("segment damaged", {{"file", path}, {"block", block}});
//
// A line is one write(2), so lines of different threads do not mix. Not for per-request events.
#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace sluice {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarn, kError };
enum class LogFormat : unsigned char { kLogfmt, kJson };

struct LogField {
    LogField(std::string_view name_, std::string_view text) : name(name_), value(text) {}
    LogField(std::string_view name_, const char* text) : name(name_), value(text) {}
    LogField(std::string_view name_, const std::string& text) : name(name_), value(text) {}
    template <typename T>
    requires std::integral<T> || std::floating_point<T> LogField(std::string_view name_, T number)
        : name(name_), value(std::to_string(number)), is_number(true) {}

    std::string_view name;
    std::string value;
    bool is_number = false;
};

// Set once at start, before other threads run.
void set_log_level(LogLevel minimum);
void set_log_format(LogFormat format);

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

inline void log_debug(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::kDebug, message, fields);
}
inline void log_info(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::kInfo, message, fields);
}
inline void log_warn(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::kWarn, message, fields);
}
inline void log_error(std::string_view message, std::initializer_list<LogField> fields = {}) {
    log(LogLevel::kError, message, fields);
}

}  // namespace sluice
