#include "sluice/lake/table_columns.h"

#include <chrono>
#include <cstdio>
#include <initializer_list>
#include <unordered_set>

#include "lake/utf8_text.h"
#include "sluice/base/hash.h"

namespace sluice::lake {
namespace {

constexpr std::string_view kTime = "time";
constexpr std::string_view kNanos = "nanos";

// A file system gives a name 255 bytes.
constexpr std::size_t kFolderBytesMax = 200;

// Lower case of the letters of Latin, Greek and Cyrillic that have one of two bytes.
std::uint32_t lower_case_of(std::uint32_t code) {
    const auto is_in = [code](std::uint32_t first, std::uint32_t last) {
        return code >= first && code <= last;
    };
    if (is_in('A', 'Z')) return code + 32;
    if (is_in(0xC0, 0xDE) && code != 0xD7) return code + 32;     // Latin-1
    if (is_in(0x391, 0x3A9) && code != 0x3A2) return code + 32;  // Greek
    if (is_in(0x410, 0x42F)) return code + 32;                   // Cyrillic
    if (is_in(0x400, 0x40F)) return code + 80;
    // Pairs of an even capital and the odd small letter behind it.
    if ((is_in(0x100, 0x137) || is_in(0x14A, 0x177) || is_in(0x460, 0x481)) && code % 2 == 0) {
        return code + 1;
    }
    if ((is_in(0x139, 0x148) || is_in(0x179, 0x17E)) && code % 2 == 1) return code + 1;
    return code;
}

std::string folded(std::string_view name) {
    std::string result;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto byte = static_cast<std::uint8_t>(name[i]);
        if (byte < 0x80) {
            result += static_cast<char>(lower_case_of(byte));
        } else if ((byte & 0xE0) == 0xC0 && i + 1 < name.size()) {
            const std::uint32_t low = static_cast<std::uint8_t>(name[++i]) & 0x3Fu;
            const std::uint32_t code = lower_case_of((byte & 0x1Fu) << 6 | low);
            result += static_cast<char>(0xC0 | code >> 6);
            result += static_cast<char>(0x80 | (code & 0x3F));
        } else {
            result += name[i];
        }
    }
    return result;
}

ParquetType parquet_type_of(model::FieldType type) {
    switch (type) {
        case model::FieldType::kFloat:
            return ParquetType::kFloat;
        case model::FieldType::kInteger:
            return ParquetType::kInteger;
        case model::FieldType::kUnsigned:
            return ParquetType::kUnsigned;
        case model::FieldType::kBoolean:
            return ParquetType::kBoolean;
        case model::FieldType::kString:
            break;
    }
    return ParquetType::kString;
}

// Gives out names, each once, whatever the case of its letters.
class Names {
public:
    explicit Names(const TableNames& names) : taken_{std::string(kTime), std::string(kNanos)} {
        for (const std::string& each : names.partitions) taken_.insert(folded(each));
        for (const auto& [name, column] : names.known) taken_.insert(folded(column));
    }

    // `words` are tried behind the name one after the other, then numbers.
    std::string take(std::string_view name, std::initializer_list<std::string_view> words) {
        std::string text = is_utf8(name) ? std::string(name) : with_replacements(name);
        if (text.empty()) text = "_";
        if (taken_.insert(folded(text)).second) return text;
        for (const std::string_view word : words) {
            text += '_';
            text += word;
            if (taken_.insert(folded(text)).second) return text;
        }
        for (int i = 2;; ++i) {
            std::string numbered = text + '_' + std::to_string(i);
            if (taken_.insert(folded(numbered)).second) return numbered;
        }
    }

private:
    std::unordered_set<std::string> taken_;
};

}  // namespace

TableColumns::TableColumns(bool with_nanos, std::vector<std::string> tags,
                           std::vector<TableField> fields, const TableNames& names)
    : tags_(std::move(tags)), fields_(std::move(fields)) {
    columns_.push_back({std::string(kTime), ParquetType::kTime, true});
    if (with_nanos) columns_.push_back({std::string(kNanos), ParquetType::kNanos, true});
    first_tag_ = columns_.size();
    Names given(names);
    const auto name_of = [&](const TableName& name, std::initializer_list<std::string_view> words) {
        const auto known = names.known.find(name);
        if (known != names.known.end()) return known->second;
        return new_names_[name] = given.take(name.name, words);
    };
    for (const std::string& tag : tags_) {
        columns_.push_back({name_of({true, tag, {}}, {"tag"}), ParquetType::kString, false});
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        const TableField& field = fields_[i];
        // Told from a tag by what it is, from itself by its type.
        const std::string_view type = model::field_type_name(field.type);
        const auto first = names.known.lower_bound({false, field.name, {}});
        const bool is_known =
            first != names.known.end() && !first->first.is_tag && first->first.name == field.name;
        const bool is_again = is_known || (i != 0 && fields_[i - 1].name == field.name);
        const TableName name{false, field.name, field.type};
        std::string column = is_again ? name_of(name, {type}) : name_of(name, {"field", type});
        columns_.push_back({std::move(column), parquet_type_of(field.type), false});
    }
}

std::vector<std::pair<std::string, std::string>> TableColumns::renamed() const {
    std::vector<std::pair<std::string, std::string>> result;
    const auto add = [&](const char* kind, const std::string& column, const std::string& name) {
        if (column == name) return;
        result.emplace_back(kind + column, is_utf8(name) ? name : with_replacements(name));
    };
    for (std::size_t i = 0; i < tags_.size(); ++i) {
        add("tag ", columns_[first_tag() + i].name, tags_[i]);
    }
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        add("field ", columns_[first_field() + i].name, fields_[i].name);
    }
    return result;
}

std::string folder_name(std::string_view name) {
    const bool is_text = is_utf8(name);
    std::string result;
    for (const char each : name) {
        const auto byte = static_cast<std::uint8_t>(each);
        const bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                               (byte >= '0' && byte <= '9') || byte == '-' ||
                               (byte >= 0x80 && is_text);
        // Readers pass over folders that begin with a dot or an underscore.
        const bool is_inner = (byte == '.' || byte == '_') && !result.empty();
        if (is_letter || is_inner) {
            result += each;
            continue;
        }
        char escaped[4];
        std::snprintf(escaped, sizeof escaped, "%%%02X", byte);
        result += escaped;
    }
    if (result.size() > kFolderBytesMax) {
        char hash[24];
        std::snprintf(hash, sizeof hash, "%%%016llx",
                      static_cast<unsigned long long>(hash_bytes(name)));
        std::size_t end = kFolderBytesMax;
        // Not within a character.
        while ((static_cast<std::uint8_t>(result[end]) & 0xC0) == 0x80) --end;
        result.resize(end);
        result += hash;
    }
    return result.empty() ? "%" : result;
}

std::string day_name(std::int64_t days_since_1970) {
    const std::chrono::year_month_day date(
        std::chrono::sys_days(std::chrono::days(static_cast<int>(days_since_1970))));
    char text[24];
    std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return text;
}

}  // namespace sluice::lake
