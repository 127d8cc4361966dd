// Sorts more than a time slice allows, in pieces, with breaths between them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sluice/io/reactor.h"  // defines what awaiting a task needs
#include "sluice/io/task.h"

namespace sluice::query {

// `breather` has breathe(), as CoreView and DataSource have; both arguments outlive the task. Not
// stable.
template <typename Breather, typename T>
io::Task<void> sort_in_slices(Breather& breather, std::vector<T>& values) {
    // Some 100 µs of sorting, and less of merging.
    constexpr std::size_t kPiece = 2048;
    const auto at = [&values](std::size_t index) {
        return values.begin() + static_cast<std::ptrdiff_t>(std::min(index, values.size()));
    };
    for (std::size_t begin = 0; begin < values.size(); begin += kPiece) {
        std::sort(at(begin), at(begin + kPiece));
        if (begin != 0) co_await breather.breathe();
    }
    std::vector<T> merged;
    for (std::size_t width = kPiece; width < values.size(); width *= 2) {
        merged.clear();
        merged.reserve(values.size());
        for (std::size_t begin = 0; begin < values.size(); begin += 2 * width) {
            auto left = at(begin);
            auto right = at(begin + width);
            const auto left_end = right;
            const auto right_end = at(begin + 2 * width);
            while (left != left_end || right != right_end) {
                const bool take_left =
                    right == right_end || (left != left_end && !(*right < *left));
                merged.push_back(std::move(take_left ? *left++ : *right++));
                if (merged.size() % kPiece == 0) co_await breather.breathe();
            }
        }
        values.swap(merged);
    }
}

}  // namespace sluice::query
