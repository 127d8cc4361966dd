// DistinctTexts keeps texts of which many come again and again, each once. It is made for the
// values of tags, which come in ascending order, from one segment after the other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "sluice/base/arena.h"

namespace sluice::query {

// As long as texts come in ascending order, the first time they are appended, and in later passes
// each is expected where the one before was found (`next_`). Only a text that breaks the order
// makes a set of all of them necessary, which takes several times the memory.
class DistinctTexts {
public:
    // Adds a text, and returns whether it is new. Then `bytes`, which outlives this object, gets a
    // copy.
    bool add(std::string_view text, Arena& bytes) {
        if (next_ < texts_.size() && texts_[next_] == text) {
            ++next_;
            return false;
        }
        if (is_sorted_ && !texts_.empty() && !(texts_.back() < text)) {
            const auto at = std::lower_bound(texts_.begin(), texts_.end(), text);
            if (*at == text) {
                next_ = static_cast<std::size_t>(at - texts_.begin()) + 1;
                return false;
            }
            is_sorted_ = false;
            known_.insert(texts_.begin(), texts_.end());
        }
        if (!is_sorted_ && known_.contains(text)) return false;
        texts_.push_back(bytes.copy(text));
        if (!is_sorted_) known_.insert(texts_.back());
        next_ = texts_.size();
        return true;
    }

    // The texts in the order in which they came.
    const std::vector<std::string_view>& texts() const { return texts_; }

private:
    std::vector<std::string_view> texts_;
    std::size_t next_ = 0;  // what probably comes next
    bool is_sorted_ = true;
    std::unordered_set<std::string_view> known_;  // all texts, unless they are sorted
};

}  // namespace sluice::query
