// A TagSet is the tags that points carry through a SELECT: the values of what it groups by.
//
// A level of nested SELECTs groups its points by more than its answer shows: a subquery has its own
// dimensions and those of the query around it. Points are ordered by the latter, the outer tag set.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::query {

struct TagSet {
    std::string name;  // of the measurement
    // `name` and the values, joined by NUL. The order of these texts is the order of tag sets.
    std::string key;
    std::vector<std::string> values;  // of Grouping::group_by()
    const TagSet* outer = nullptr;    // of Grouping::dimensions(); itself where both are the same
};

// The tag sets of one level, each once: equal tag sets have equal addresses. So points compare
// their tag sets by address, and only the order of an answer looks at texts.
//
// It belongs to the core of the query and only grows. All cursors of a level share it, because
// points of one stream are compared with those of another; a tag set lives as long as it does.
class Grouping {
public:
    // `dimensions` are those of the answer, `group_by` contains them; both sorted.
    Grouping(std::vector<std::string> dimensions, std::vector<std::string> group_by);

    const std::vector<std::string>& dimensions() const { return dimensions_; }
    const std::vector<std::string>& group_by() const { return group_by_; }
    // Returns whether points of one outer tag set may have different tag sets.
    bool is_nested() const { return dimensions_.size() != group_by_.size(); }

    // Returns the tag set with these values, which are in the order of group_by(); it may be new.
    const TagSet* find(std::string_view name, std::vector<std::string> values);
    // Does the same with the values that the tags of a series have.
    const TagSet* of_series(std::string_view name, std::string_view series_key);
    // Returns the tag set of this level that the tags of another level fall into. An `inner` always
    // comes with the same `level`, since the result is remembered by its address.
    const TagSet* of_level(const TagSet* inner, const Grouping& level);

    // Returns the value of a dimension, or an empty text if the level does not group by it.
    std::string_view value_of(const TagSet* tags, std::string_view dimension) const;
    std::uint64_t memory_bytes() const { return memory_bytes_; }

private:
    const TagSet* add(std::string_view name, std::vector<std::string> values, std::string key,
                      std::unordered_map<std::string_view, const TagSet*>& known);

    std::vector<std::string> dimensions_;
    std::vector<std::string> group_by_;
    std::deque<TagSet> tag_sets_;  // a deque, because addresses stay and keys are viewed
    // By TagSet::key. Outer tag sets have keys of their own, shorter ones, which might be equal to
    // keys of the others.
    std::unordered_map<std::string_view, const TagSet*> known_;
    std::unordered_map<std::string_view, const TagSet*> known_outer_;
    std::unordered_map<const TagSet*, const TagSet*> of_level_;
    std::uint64_t memory_bytes_ = 0;
};

// Returns whether `a` comes before `b` in an answer.
inline bool precedes(const TagSet* a, const TagSet* b, bool ascending) {
    return ascending ? a->key < b->key : a->key > b->key;
}

}  // namespace sluice::query
