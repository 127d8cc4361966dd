#include "sluice/influxql/time_literal.h"

#include <limits>

#include "sluice/base/units.h"

namespace sluice::influxql {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Days since 1970-01-01 of a proleptic Gregorian date (Hinnant, "chrono-Compatible Low-Level Date
// Algorithms": days_from_civil).
std::int64_t days_from_civil(std::int64_t year, int month, int day) {
    year -= month <= 2 ? 1 : 0;
    const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const std::int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146'097 + day_of_era - 719'468;
}

struct CivilDate {
    std::int64_t year;
    int month;
    int day;
};

// The inverse (civil_from_days, same source).
CivilDate civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const std::int64_t day_of_era = days - era * 146'097;
    const std::int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const std::int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const std::int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const int day = static_cast<int>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
    const int month = static_cast<int>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
    return {year_of_era + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

int days_in_month(std::int64_t year, int month) {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : kDays[month - 1];
}

// Reads a time of day and offset the way Go's time.Parse does.
class TimeText {
public:
    explicit TimeText(std::string_view text) : text_(text) {}

    bool at_end() const { return text_.empty(); }
    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    void take_blanks() {
        while (take(' ')) {
        }
    }
    // Two digits, or one where `one_digit` allows; -1 when there is none.
    int take_number(bool one_digit) {
        if (text_.empty() || !is_digit(text_[0])) return -1;
        const bool two = text_.size() > 1 && is_digit(text_[1]);
        if (!two && !one_digit) return -1;
        const int value = two ? (text_[0] - '0') * 10 + (text_[1] - '0') : text_[0] - '0';
        text_.remove_prefix(two ? 2 : 1);
        return value;
    }
    // Nanoseconds of ".123"; none is zero.
    std::int32_t take_fraction() {
        if (text_.size() < 2 || text_[0] != '.' || !is_digit(text_[1])) return 0;
        std::int32_t value = 0;
        std::size_t i = 1;
        for (; i < 10 && i < text_.size() && is_digit(text_[i]); ++i) {
            value = value * 10 + (text_[i] - '0');
        }
        for (std::size_t digits = i; digits < 10; ++digits) value *= 10;
        text_.remove_prefix(i);
        return value;
    }

private:
    std::string_view text_;
};

struct TimeOfDay {
    std::int64_t seconds;
    std::int32_t nanoseconds;
};

std::optional<TimeOfDay> take_time_of_day(TimeText& text) {
    const int hour = text.take_number(true);
    if (hour < 0 || hour > 23 || !text.take(':')) return std::nullopt;
    const int minute = text.take_number(false);
    if (minute < 0 || minute > 59 || !text.take(':')) return std::nullopt;
    const int second = text.take_number(false);
    if (second < 0 || second > 59) return std::nullopt;
    return TimeOfDay{hour * 3600 + minute * 60 + second, text.take_fraction()};
}

// "Z" or "+01:30", in seconds east of UTC.
std::optional<std::int64_t> take_offset(TimeText& text) {
    if (text.take('Z')) return 0;
    const bool west = text.take('-');
    if (!west && !text.take('+')) return std::nullopt;
    const int hours = text.take_number(false);
    if (hours < 0 || !text.take(':')) return std::nullopt;
    const int minutes = text.take_number(false);
    if (minutes < 0) return std::nullopt;
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return west ? -seconds : seconds;
}

void append_two(std::string& out, std::int64_t value) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
}

// Of any year, as Go's appendInt(year, 4) writes it: sums of times and durations leave the range
// of four digits.
void append_year(std::string& out, std::int64_t year) {
    if (year >= 0 && year <= 9999) {
        append_two(out, year / 100);
        append_two(out, year % 100);
        return;
    }
    const std::string digits = std::to_string(year < 0 ? -year : year);
    if (year < 0) out += '-';
    if (digits.size() < 4) out.append(4 - digits.size(), '0');
    out += digits;
}

}  // namespace

// InfluxDB asks a regular expression, ^\d{4}-\d{2}-\d{2}.*, whose dot takes no line break.
bool looks_like_time(std::string_view text) {
    constexpr std::string_view kShape = "dddd-dd-dd";
    if (text.size() < kShape.size()) return false;
    for (std::size_t i = 0; i < kShape.size(); ++i) {
        if (kShape[i] == 'd' ? !is_digit(text[i]) : text[i] != kShape[i]) return false;
    }
    return text.size() == kShape.size() || text[kShape.size()] != '\n';
}

// The three layouts that InfluxDB gives to Go's time.Parse(), whose laxities are kept: an hour of
// one digit, any number of blanks before the time of day, and a fraction where the layout has none.
std::optional<TimeLiteral> parse_time_literal(std::string_view text) {
    if (!looks_like_time(text)) return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t size) {
        int value = 0;
        for (std::size_t i = at; i < at + size; ++i) value = value * 10 + (text[i] - '0');
        return value;
    };
    const int year = number(0, 4);
    const int month = number(5, 2);
    const int day = number(8, 2);
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
    TimeLiteral time{days_from_civil(year, month, day) * kSecondsPerDay, 0};
    TimeText rest(text.substr(10));
    if (rest.at_end()) return time;
    const bool rfc3339 = rest.take('T');
    if (!rfc3339) {
        if (!rest.take(' ')) return std::nullopt;
        rest.take_blanks();
    }
    const std::optional<TimeOfDay> clock = take_time_of_day(rest);
    if (!clock) return std::nullopt;
    time.seconds += clock->seconds;
    time.nanoseconds = clock->nanoseconds;
    if (rfc3339) {
        const std::optional<std::int64_t> offset = take_offset(rest);
        if (!offset) return std::nullopt;
        time.seconds -= *offset;
    }
    if (!rest.at_end()) return std::nullopt;
    return time;
}

TimeLiteral time_from_nanoseconds(std::int64_t nanoseconds) {
    std::int64_t seconds = nanoseconds / kSecondNs;
    std::int64_t rest = nanoseconds % kSecondNs;
    if (rest < 0) {
        rest += kSecondNs;
        --seconds;
    }
    return {seconds, static_cast<std::int32_t>(rest)};
}

// Years outside of 1677 to 2262 do not fit; whoever stores the result checks that first.
std::int64_t to_nanoseconds(TimeLiteral time) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(time.seconds) *
                                         static_cast<std::uint64_t>(kSecondNs) +
                                     static_cast<std::uint64_t>(time.nanoseconds));
}

TimeLiteral add_duration(TimeLiteral time, std::int64_t nanoseconds) {
    const TimeLiteral step = time_from_nanoseconds(nanoseconds);
    std::int64_t seconds = time.seconds + step.seconds;
    std::int64_t rest = std::int64_t{time.nanoseconds} + step.nanoseconds;
    if (rest >= kSecondNs) {
        rest -= kSecondNs;
        ++seconds;
    }
    return {seconds, static_cast<std::int32_t>(rest)};
}

// Saturating, as Go's Time.Sub() is.
std::int64_t difference(TimeLiteral a, TimeLiteral b) {
    const __int128 exact =
        static_cast<__int128>(a.seconds - b.seconds) * kSecondNs + (a.nanoseconds - b.nanoseconds);
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    if (exact > kMax) return kMax;
    if (exact < kMin) return kMin;
    return static_cast<std::int64_t>(exact);
}

void append_rfc3339(std::string& out, std::int64_t seconds, std::int32_t nanoseconds) {
    std::int64_t days = seconds / kSecondsPerDay;
    std::int64_t second_of_day = seconds % kSecondsPerDay;
    if (second_of_day < 0) {
        second_of_day += kSecondsPerDay;
        --days;
    }
    const CivilDate date = civil_from_days(days);
    append_year(out, date.year);
    out += '-';
    append_two(out, date.month);
    out += '-';
    append_two(out, date.day);
    out += 'T';
    append_two(out, second_of_day / 3600);
    out += ':';
    append_two(out, second_of_day / 60 % 60);
    out += ':';
    append_two(out, second_of_day % 60);
    if (nanoseconds != 0) {
        char digits[10] = {'.'};
        std::int32_t rest = nanoseconds;
        for (int i = 9; i > 0; --i, rest /= 10) digits[i] = static_cast<char>('0' + rest % 10);
        std::size_t size = 10;
        while (digits[size - 1] == '0') --size;
        out.append(digits, size);
    }
    out += 'Z';
}

std::string format_rfc3339(std::int64_t seconds, std::int32_t nanoseconds) {
    std::string out;
    append_rfc3339(out, seconds, nanoseconds);
    return out;
}

}  // namespace sluice::influxql
