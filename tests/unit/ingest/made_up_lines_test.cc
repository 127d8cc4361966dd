// Points that are made up, written as line protocol in any of the ways that it allows, and read
// back: by every kernel, whole and in pieces, and once more from the lines that a batch becomes.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "parsed.h"
#include "sluice/base/random.h"
#include "sluice/ingest/line_text.h"
#include "sluice/model/series_key.h"

namespace sluice::ingest {
namespace {

using testing::parse;
using testing::parse_in_pieces;
using testing::Parsed;

constexpr ParserKernel kKernels[] = {ParserKernel::kScalar, ParserKernel::kAvx2,
                                     ParserKernel::kAvx512};

std::string printed(double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
}

// Writes bodies, and beside each what has to come of it.
class Writer {
public:
    explicit Writer(std::uint64_t seed) : random_(seed) {}

    struct Body {
        std::string text;
        std::vector<std::string> rows;  // as describe_rows() shows them
        std::uint32_t lines = 0;
    };

    Body body(std::size_t points) {
        Body made;
        for (std::size_t i = 0; i < points; ++i) {
            if (random_.chance(0.03)) add_line(made, random_.chance(0.5) ? "# a comment, x=1" : "");
            add_point(made);
        }
        // The last line may have no end.
        if (!made.text.empty() && random_.chance(0.3)) made.text.pop_back();
        return made;
    }

private:
    void add_line(Body& body, std::string_view line) {
        body.text += line;
        body.text += '\n';
        ++body.lines;
    }

    std::string name(const char* prefix) {
        // Often plain, because that is the fast path, and the other ways begin in the midst of it.
        constexpr const char* kOdd[] = {" ", ",", "=", "\"", "\\x", "\xC3\xA4", "-", ".", "#"};
        std::string made = prefix + std::to_string(random_.below(4));
        if (random_.chance(0.15)) made += kOdd[random_.below(std::size(kOdd))] + std::string("y");
        return made;
    }

    static std::string escaped(std::string_view text, std::string_view special) {
        std::string out;
        for (const char c : text) {
            if (special.find(c) != special.npos) out += '\\';
            out += c;
        }
        return out;
    }

    std::string blanks() { return random_.chance(0.1) ? "  " : " "; }

    // A field as it is written, and as it is to be shown.
    std::pair<std::string, std::string> value() {
        switch (random_.below(6)) {
            case 0: {
                const auto number = static_cast<std::int64_t>(random_.next() >> random_.below(64));
                const std::string text = std::to_string(number) + "i";
                return {text, text};
            }
            case 1: {
                const std::string text = std::to_string(random_.next() >> random_.below(64)) + "u";
                return {text, text};
            }
            case 2: {
                constexpr const char* kTrue[] = {"t", "T", "true", "True", "TRUE"};
                constexpr const char* kFalse[] = {"f", "F", "false", "False", "FALSE"};
                const bool yes = random_.chance(0.5);
                return {(yes ? kTrue : kFalse)[random_.below(5)], yes ? "true" : "false"};
            }
            case 3: {
                constexpr const char* kParts[] = {"a",  " ",  ",",        "=", "\n",
                                                  "\"", "\\", "\xC3\xA4", "x1"};
                std::string text;
                for (std::uint64_t n = random_.below(8); n > 0; --n)
                    text += kParts[random_.below(9)];
                return {'"' + escaped(text, "\"\\") + '"', '"' + text + '"'};
            }
            default: {
                const bool short_one = random_.chance(0.6);
                const double number =
                    short_one ? static_cast<double>(random_.between(-99'999, 99'999)) / 100
                              : (random_.unit() - 0.5) * 1e6;
                char text[64];
                const char* const end = std::to_chars(text, text + sizeof text, number).ptr;
                return {std::string(text, static_cast<std::size_t>(end - text)), printed(number)};
            }
        }
    }

    void add_point(Body& body) {
        const std::string measurement = name("m");
        std::map<std::string, std::string> tags;
        for (std::uint64_t n = random_.below(4); n > 0; --n) tags[name("t")] = name("v");
        std::map<std::string, std::pair<std::string, std::string>> fields;
        for (std::uint64_t n = 1 + random_.below(4); n > 0; --n) {
            // A field has one type, so its name says which.
            const auto made = value();
            const char kind = made.second.back();
            const char* prefix = kind == 'i'   ? "fi"
                                 : kind == 'u' ? "fu"
                                 : kind == '"' ? "fs"
                                 : kind == 'e' ? "fb"
                                               : "ff";
            fields[name(prefix)] = made;
        }
        const std::int64_t time = random_.chance(0.8)
                                      ? 1'700'000'000'000'000'000 +
                                            static_cast<std::int64_t>(random_.below(1'000'000'000))
                                      : random_.between(-1000, 1000);

        std::string line = escaped(measurement, ", ");
        std::vector<std::pair<std::string, std::string>> order(tags.begin(), tags.end());
        if (random_.chance(0.5)) std::reverse(order.begin(), order.end());
        for (const auto& [key, tag] : order)
            line += ',' + escaped(key, ", =") + '=' + escaped(tag, ", =");
        line += blanks();
        std::string shown;
        for (const auto& [field, made] : fields) {
            line += (shown.empty() ? "" : ",") + escaped(field, ", =") + '=' + made.first;
            shown += (shown.empty() ? "|" : ",") + field + '=' + made.second;
        }
        line += blanks() + std::to_string(time);
        add_line(body, line);
        // What is shown of a key is its canonical form.
        std::vector<model::Tag> sorted;
        for (const auto& [key, tag] : tags) sorted.push_back({key, tag});
        body.rows.push_back(model::make_series_key(measurement, sorted) + shown + '|' +
                            std::to_string(time));
    }

    Random random_;
};

TEST(MadeUpLines, AreReadAsTheyWereMeantByEveryKernel) {
    for (std::uint64_t seed = 1; seed <= 400; ++seed) {
        const Writer::Body body = Writer(seed).body(1 + seed % 60);
        for (const ParserKernel kernel : kKernels) {
            if (!is_parser_kernel_available(kernel)) continue;
            const Parsed parsed = parse(body.text, {}, {}, kernel);
            ASSERT_EQ(parsed.messages, std::vector<std::string>()) << "seed " << seed;
            ASSERT_EQ(parsed.result.rows, body.rows.size());
            ASSERT_EQ(parsed.result.lines, body.lines) << "seed " << seed;
            ASSERT_EQ(parsed.rows, body.rows) << "seed " << seed;
        }
    }
}

TEST(MadeUpLines, AreReadTheSameInPiecesOfAnySize) {
    for (std::uint64_t seed = 1000; seed <= 1120; ++seed) {
        const Writer::Body body = Writer(seed).body(30);
        for (const std::size_t piece :
             {std::size_t{1}, std::size_t{40}, std::size_t{seed}, body.text.size()}) {
            const Parsed parsed = parse_in_pieces(body.text, piece);
            ASSERT_EQ(parsed.rows, body.rows) << "seed " << seed << ", pieces of " << piece;
        }
    }
}

TEST(MadeUpLines, ComeBackFromTheLinesThatTheirBatchBecomes) {
    for (std::uint64_t seed = 2000; seed <= 2200; ++seed) {
        const Writer::Body body = Writer(seed).body(25);
        model::SeriesIndex index;
        model::PointBatch batch;
        LineProtocolParser parser(best_parser_kernel());
        const ParseResult result = parser.parse(body.text, {}, {}, index, batch);
        ASSERT_EQ(result.rows, body.rows.size()) << "seed " << seed;
        std::string lines;
        append_lines(lines, batch, index);
        Parsed again = parse(lines);
        ASSERT_EQ(again.messages, std::vector<std::string>()) << lines;
        // Tables stand one behind the other, so the order is another one.
        std::vector<std::string> expected = body.rows;
        std::sort(expected.begin(), expected.end());
        std::sort(again.rows.begin(), again.rows.end());
        ASSERT_EQ(again.rows, expected) << "seed " << seed;
        // Each row ends where it is said to, whatever line breaks its strings hold.
        std::size_t rows = 0;
        for (std::size_t at = 0; at < lines.size(); ++rows) {
            const std::size_t end = find_row_end(lines, at);
            ASSERT_LT(end, lines.size());
            ASSERT_EQ(lines[end], '\n');
            ASSERT_EQ(parse(lines.substr(at, end - at)).result.rows, 1u);
            at = end + 1;
        }
        ASSERT_EQ(rows, body.rows.size());
    }
}

TEST(MadeUpLines, AreRefusedAlikeByEveryKernelWhereTheyAreDamaged) {
    Random random(3);
    for (std::uint64_t seed = 3000; seed <= 3300; ++seed) {
        std::string text = Writer(seed).body(12).text;
        for (std::uint64_t n = 1 + random.below(4); n > 0 && !text.empty(); --n) {
            constexpr std::string_view kBytes = ",= \"\\\n\t-.eiu0#x\xFF";
            const std::size_t at = random.below(text.size());
            switch (random.below(3)) {
                case 0:
                    text[at] = kBytes[random.below(kBytes.size())];
                    break;
                case 1:
                    text.erase(at, 1 + random.below(3));
                    break;
                default:
                    text.insert(at, 1, kBytes[random.below(kBytes.size())]);
            }
        }
        const Parsed plain = parse(text, {}, {}, ParserKernel::kScalar);
        for (const ParserKernel kernel : kKernels) {
            if (!is_parser_kernel_available(kernel)) continue;
            const Parsed parsed = parse(text, {}, {}, kernel);
            ASSERT_EQ(parsed.rows, plain.rows) << ::testing::PrintToString(text);
            ASSERT_EQ(parsed.messages, plain.messages) << ::testing::PrintToString(text);
            ASSERT_EQ(parsed.result.rejected, plain.result.rejected);
            ASSERT_EQ(parsed.result.dropped, plain.result.dropped);
            ASSERT_EQ(parsed.result.lines, plain.result.lines);
        }
    }
}

}  // namespace
}  // namespace sluice::ingest
