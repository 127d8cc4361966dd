#include "sluice/base/log.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "sluice/base/log_lines.h"

namespace sluice {
namespace {

LogLevel minimum_level = LogLevel::kInfo;
LogFormat line_format = LogFormat::kLogfmt;

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

void append_time(std::string& line) {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    tm utc{};
    gmtime_r(&now.tv_sec, &utc);
    char text[40];
    const std::size_t used = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    std::snprintf(text + used, sizeof text - used, ".%06ldZ", now.tv_nsec / 1000);
    line += text;
}

void append_quoted(std::string& line, std::string_view text) {
    line += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (c == '\n') {
            line += "\\n";
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned char>(c));
            line += escaped;
        } else {
            line += c;
        }
    }
    line += '"';
}

bool needs_quotes(std::string_view text) {
    if (text.empty()) return true;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\') return true;
    }
    return false;
}

std::string logfmt_line(LogLevel level, std::string_view message,
                        std::initializer_list<LogField> fields) {
    std::string line = "ts=";
    append_time(line);
    line += " lvl=";
    line += kLevelNames[static_cast<unsigned>(level)];
    line += " msg=";
    append_quoted(line, message);
    for (const LogField& field : fields) {
        line += ' ';
        line += field.name;
        line += '=';
        if (needs_quotes(field.value)) {
            append_quoted(line, field.value);
        } else {
            line += field.value;
        }
    }
    return line;
}

std::string json_line(LogLevel level, std::string_view message,
                      std::initializer_list<LogField> fields) {
    std::string line = "{\"ts\":\"";
    append_time(line);
    line += "\",\"lvl\":\"";
    line += kLevelNames[static_cast<unsigned>(level)];
    line += "\",\"msg\":";
    append_quoted(line, message);
    for (const LogField& field : fields) {
        line += ',';
        append_quoted(line, field.name);
        line += ':';
        if (field.is_number) {
            line += field.value;
        } else {
            append_quoted(line, field.value);
        }
    }
    line += '}';
    return line;
}

}  // namespace

void set_log_level(LogLevel minimum) {
    minimum_level = minimum;
}
void set_log_format(LogFormat format) {
    line_format = format;
}

void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
    if (level < minimum_level) return;
    std::string line = line_format == LogFormat::kJson ? json_line(level, message, fields)
                                                       : logfmt_line(level, message, fields);
    line += '\n';
    write_log_lines(line);
}

void write_log_lines(std::string_view lines) {
    // A log line that cannot be written has nowhere to be reported.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, lines.data(), lines.size());
}

}  // namespace sluice
