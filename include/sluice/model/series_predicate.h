// A SeriesPredicate says which series a delete is about. It is a condition on tags that can be
// written down.
//
// A series without a tag has it with an empty value. The tag `_name` is the measurement. The bytes
// are those of src/meta/CATALOG_FORMAT.md, "Tombstones".
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/byte_writer.h"
#include "sluice/base/bytes.h"
#include "sluice/base/regex.h"
#include "sluice/base/result.h"
#include "sluice/model/series_key.h"

namespace sluice::model {

// Immutable; copies share it, also between cores.
class SeriesPredicate {
public:
    // The values are stored; they never change.
    enum class Kind : std::uint8_t {
        kAll = 1,
        kNone = 2,
        kAnd = 3,
        kOr = 4,
        kEqual = 5,
        kNotEqual = 6,
        kMatches = 7,
        kNotMatches = 8,
        kBothTags = 9,      // the series has both tags
        kFirstTagOnly = 10  // the series has the first tag and not the second
    };

    // Every series.
    SeriesPredicate();
    static SeriesPredicate none();
    // kAnd or kOr. Constants among `parts` are folded.
    static SeriesPredicate combine(Kind kind, std::vector<SeriesPredicate> parts);
    // kEqual, kNotEqual: a value; kBothTags, kFirstTagOnly: the other tag.
    static SeriesPredicate compare(Kind kind, std::string tag, std::string value);
    // kMatches, kNotMatches.
    static SeriesPredicate match(Kind kind, std::string tag, Regex regex);

    Kind kind() const { return node_->kind; }
    bool is_all() const { return kind() == Kind::kAll; }
    bool is_none() const { return kind() == Kind::kNone; }
    bool matches(const SeriesName& series) const;

    void write(ByteWriter& out) const;
    // False: malformed, or nested deeper than anything write() makes of a parsed condition.
    static bool read(ByteReader& in, SeriesPredicate& out);
    // For people: close to the WHERE clause it was made of.
    std::string text() const;

private:
    // Parts that compare one tag with many values are asked together, by binary search: of kOr
    // those with kEqual, of kAnd those with kNotEqual. Scripts delete thousands of hosts in one
    // statement.
    struct ValueSet {
        std::string tag;
        std::vector<std::string_view> values;  // of the parts' nodes; sorted
    };
    struct Node {
        explicit Node(Kind kind_) : kind(kind_) {}
        void gather_values();
        bool is_in_a_set(const SeriesName& series) const;
        Kind kind;
        std::vector<SeriesPredicate> parts;
        std::vector<ValueSet> sets;
        std::vector<std::uint32_t> others;  // of `parts`: those in no set
        std::string tag;
        std::string value;  // or the pattern, or the other tag
        std::shared_ptr<const Regex> regex;
    };
    explicit SeriesPredicate(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
    static bool read_at(ByteReader& in, SeriesPredicate& out, int depth);

    std::shared_ptr<const Node> node_;
};

}  // namespace sluice::model
