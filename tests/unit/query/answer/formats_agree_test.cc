// One answer in three formats: JSON, CSV and MessagePack say the same about the same rows.
#include <gtest/gtest.h>
#include <simdjson.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "memory_source.h"
#include "sluice/base/bytes.h"
#include "sluice/base/random.h"
#include "sluice/query/statement_executor.h"

namespace sluice::query {
namespace {

using Cells = std::vector<std::vector<std::string>>;  // by row: the time, then values

struct TextSink final : AnswerSink {
    std::string text;
    void begin(const AnswerStart&) override {}
    io::Task<Result<void>> write(std::string_view bytes) override {
        text += bytes;
        co_return Result<void>();
    }
};

std::string number_text(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

std::string asked(StatementExecutor& executor, const std::string& statement, AnswerFormat format) {
    QueryRequest request;
    request.text = statement;
    request.database = "d";
    request.epoch = "ns";
    request.format = format;
    TextSink sink;
    auto task = executor.execute(std::move(request), sink);
    EXPECT_TRUE(task.done());
    EXPECT_TRUE(task.take().ok());
    return sink.text;
}

Cells cells_of_json(const std::string& text) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    EXPECT_FALSE(parser.parse(simdjson::padded_string(text)).get(root)) << text;
    Cells cells;
    simdjson::dom::array series;
    if (root["results"].at(0)["series"].get(series)) return cells;
    for (const auto each : series) {
        simdjson::dom::array rows;
        EXPECT_FALSE(each["values"].get(rows)) << text;
        for (const auto row : rows) {
            std::vector<std::string>& line = cells.emplace_back();
            simdjson::dom::array values;
            EXPECT_FALSE(row.get(values)) << text;
            for (const auto value : values) {
                std::int64_t integer = 0;
                double number = 0;
                std::string_view string;
                bool flag = false;
                if (value.is_null()) {
                    line.emplace_back("null");
                } else if (!value.get(string)) {
                    line.push_back("'" + std::string(string));
                } else if (!value.get(flag)) {
                    line.emplace_back(flag ? "true" : "false");
                } else if (!value.get(integer)) {
                    line.push_back(number_text(static_cast<double>(integer)));
                } else {
                    EXPECT_FALSE(value.get(number));
                    line.push_back(number_text(number));
                }
            }
        }
    }
    return cells;
}

// Reads what the server writes, and nothing else of the format.
class MsgpackReader {
public:
    explicit MsgpackReader(std::string_view bytes) : bytes_(bytes) {}

    bool at_end() const { return at_ == bytes_.size(); }

    std::string read() {
        const std::uint64_t head = take(1);
        if (head < 0x80) return number_text(static_cast<double>(head));
        if (head >= 0xE0) return number_text(static_cast<double>(static_cast<std::int8_t>(head)));
        if ((head & 0xE0) == 0xA0) return text(head & 0x1F);
        if ((head & 0xF0) == 0x90) return list(head & 15);
        if ((head & 0xF0) == 0x80) return map(head & 15);
        switch (head) {
            case 0xC0:
                return "null";
            case 0xC2:
                return "false";
            case 0xC3:
                return "true";
            case 0xCA:
                return number_text(std::bit_cast<float>(static_cast<std::uint32_t>(take(4))));
            case 0xCB:
                return number_text(std::bit_cast<double>(take(8)));
            case 0xCC:
            case 0xCD:
            case 0xCE:
            case 0xCF:
                return number_text(static_cast<double>(take(std::size_t{1} << (head - 0xCC))));
            case 0xD0:
                return number_text(static_cast<double>(static_cast<std::int8_t>(take(1))));
            case 0xD1:
                return number_text(static_cast<double>(static_cast<std::int16_t>(take(2))));
            case 0xD2:
                return number_text(static_cast<double>(static_cast<std::int32_t>(take(4))));
            case 0xD3:
                return number_text(static_cast<double>(static_cast<std::int64_t>(take(8))));
            case 0xD9:
            case 0xDA:
            case 0xDB:
                return text(take(std::size_t{1} << (head - 0xD9)));
            case 0xDC:
                return list(take(2));
            case 0xDD:
                return list(take(4));
            case 0xDE:
                return map(take(2));
            default:
                ADD_FAILURE() << "an unknown byte " << head << " at " << at_;
                at_ = bytes_.size();
                return {};
        }
    }

    // The rows that the last list called "values" held, of every series.
    Cells cells;

private:
    std::uint64_t take(std::size_t size) {
        std::uint64_t value = 0;
        for (; size > 0 && at_ < bytes_.size(); --size) {
            value = value << 8 | static_cast<unsigned char>(bytes_[at_++]);
        }
        return value;
    }
    std::string text(std::size_t size) {
        const std::string_view found = bytes_.substr(at_, size);
        at_ += found.size();
        return "'" + std::string(found);
    }
    std::string list(std::uint64_t count) {
        for (; count > 0; --count) read();
        return "list";
    }
    std::string map(std::uint64_t count) {
        for (; count > 0; --count) {
            if (read() == "'values") {
                read_rows();
            } else {
                read();
            }
        }
        return "map";
    }
    std::uint64_t count() {
        const std::uint64_t head = take(1);
        if ((head & 0xF0) == 0x90) return head & 15;
        return take(head == 0xDC ? 2 : 4);
    }
    void read_rows() {
        for (std::uint64_t rows = count(); rows > 0; --rows) {
            std::vector<std::string>& line = cells.emplace_back();
            for (std::uint64_t values = count(); values > 0; --values) line.push_back(read());
        }
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
};

// Without the columns of names and tags. Texts of these points hold nothing that CSV would quote.
Cells cells_of_csv(const std::string& text) {
    Cells cells;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.starts_with("name,")) continue;
        std::vector<std::string>& row = cells.emplace_back();
        std::istringstream parts(line);
        std::string cell;
        for (int i = 0; std::getline(parts, cell, ','); ++i) {
            if (i >= 2) row.push_back(cell);
        }
        if (line.ends_with(',')) row.emplace_back();
    }
    return cells;
}

std::string csv_text(const std::string& cell) {
    if (cell == "null") return "";
    if (cell.starts_with('\'')) return cell.substr(1);
    return cell;
}

TEST(Formats, SayTheSameAboutTheSameRows) {
    Random random(1);
    for (int round = 0; round < 300; ++round) {
        auto source =
            std::make_unique<MemorySource>(1 + static_cast<std::uint32_t>(random.below(2)));
        const std::uint64_t count = random.below(40);
        for (std::uint64_t i = 0; i < count; ++i) {
            std::vector<MemoryField> fields;
            if (random.chance(0.7)) fields.push_back(float_field("f", (random.unit() - 0.5) * 1e9));
            // Up to 2^53, so that a double is enough to compare.
            if (random.chance(0.7)) {
                fields.push_back(integer_field(
                    "i", random.between(-(1LL << 53), 1LL << 53) >> random.below(53)));
            }
            if (random.chance(0.5)) fields.push_back(boolean_field("b", random.chance(0.5)));
            if (random.chance(0.5))
                fields.push_back(string_field("s", "s" + std::string(random.below(40), 'x')));
            if (fields.empty()) fields.push_back(integer_field("i", 1));
            source->add_point(0, "m", {{"h", std::to_string(random.below(3))}}, std::move(fields),
                              static_cast<std::int64_t>(i) * 1000);
        }
        StatementExecutor executor(std::move(source));
        for (const char* statement :
             {"SELECT f, i, b, s FROM m", "SELECT * FROM m GROUP BY h",
              "SELECT max(i), mean(f) FROM m WHERE time >= 0 AND time < 40u GROUP BY time(5u), h",
              "SELECT i FROM m WHERE i > 0 ORDER BY time DESC LIMIT 5", "SELECT x FROM none"}) {
            const Cells json = cells_of_json(asked(executor, statement, AnswerFormat::kJson));
            const std::string packed = asked(executor, statement, AnswerFormat::kMsgpack);
            MsgpackReader reader(packed);
            while (!reader.at_end()) reader.read();
            ASSERT_EQ(reader.cells.size(), json.size()) << statement;
            const Cells csv = cells_of_csv(asked(executor, statement, AnswerFormat::kCsv));
            ASSERT_EQ(csv.size(), json.size()) << statement;
            for (std::size_t row = 0; row < json.size(); ++row) {
                ASSERT_EQ(reader.cells[row], json[row]) << statement;
                ASSERT_EQ(csv[row].size(), json[row].size()) << statement;
                for (std::size_t i = 0; i < json[row].size(); ++i) {
                    const std::string expected = csv_text(json[row][i]);
                    const bool is_number = !json[row][i].starts_with('\'') && !expected.empty() &&
                                           expected != "true" && expected != "false";
                    ASSERT_EQ(is_number ? number_text(std::stod(csv[row][i])) : csv[row][i],
                              expected)
                        << statement;
                }
            }
        }
    }
}

}  // namespace
}  // namespace sluice::query
