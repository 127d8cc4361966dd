// Sorting in the order Go's sort.Sort (1.19 and later) leaves: pattern-defeating quicksort
// (arXiv:2106.05123). It is not stable, and which of two equal values comes first is visible:
// percentile() shows the time of the one it selects.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace sluice::query {

// The names of Go's functions (sort/zsortinterface.go): sort_range is pdqsort, scatter is
// breakPatterns, choose_pivot is choosePivot, finish_if_nearly_sorted is partialInsertionSort.
// Constants, the order of comparisons and each exchange are those of the original: a sort that is
// right but exchanges otherwise shows other rows.
//
// `less` is called only with elements of the span. It need not be a strict order, as NaN is not in
// one; the result is then the same nonsense as Go's.
template <typename T, typename Less>
class GoSorter {
public:
    GoSorter(std::span<T> data, Less comparison) : data_(data), less_(comparison) {}

    void sort() {
        const auto size = static_cast<Index>(data_.size());
        sort_range(0, size, static_cast<int>(std::bit_width(data_.size())));
    }

private:
    using Index = std::ptrdiff_t;
    enum class Order { kUnknown, kIncreasing, kDecreasing };
    struct Pivot {
        Index index;
        Order order;
    };

    // All three are Go's. Up to kInsertionMax elements are sorted by insertion; from kNintherMin
    // on, the pivot is chosen among nine; with kSwapsMax exchanges while choosing it, the range is
    // in descending order.
    static constexpr Index kInsertionMax = 12;
    static constexpr Index kNintherMin = 50;
    static constexpr int kSwapsMax = 12;

    bool less(Index a, Index b) { return less_(data_[a], data_[b]); }
    void swap(Index a, Index b) { std::swap(data_[a], data_[b]); }

    // Bounded in depth: the longer part is worked on in the loop.
    void sort_range(Index begin, Index end, int bad_pivots_left) {
        bool balanced = true;
        bool partitioned = true;
        for (;;) {
            const Index length = end - begin;
            if (length <= kInsertionMax) return insertion_sort(begin, end);
            if (bad_pivots_left == 0) return heap_sort(begin, end);
            if (!balanced) {
                scatter(begin, end);
                --bad_pivots_left;
            }
            Pivot pivot = choose_pivot(begin, end);
            if (pivot.order == Order::kDecreasing) {
                reverse(begin, end);
                pivot = {end - 1 - (pivot.index - begin), Order::kIncreasing};
            }
            if (balanced && partitioned && pivot.order == Order::kIncreasing &&
                finish_if_nearly_sorted(begin, end)) {
                return;
            }
            // No element here is below the pivot before; if this one is not above it, it is equal
            // to it.
            if (begin > 0 && !less(begin - 1, pivot.index)) {
                begin = partition_equal(begin, end, pivot.index);
                continue;
            }
            const Index middle = partition(begin, end, pivot.index, partitioned);
            const Index left = middle - begin;
            const Index right = end - middle;
            if (left < right) {
                balanced = left >= length / 8;
                sort_range(begin, middle, bad_pivots_left);
                begin = middle + 1;
            } else {
                balanced = right >= length / 8;
                sort_range(middle + 1, end, bad_pivots_left);
                end = middle;
            }
        }
    }

    void insertion_sort(Index begin, Index end) {
        for (Index i = begin + 1; i < end; ++i) {
            for (Index j = i; j > begin && less(j, j - 1); --j) swap(j, j - 1);
        }
    }

    void sift_down(Index root, Index size, Index first) {
        for (;;) {
            Index child = 2 * root + 1;
            if (child >= size) return;
            if (child + 1 < size && less(first + child, first + child + 1)) ++child;
            if (!less(first + root, first + child)) return;
            swap(first + root, first + child);
            root = child;
        }
    }

    void heap_sort(Index begin, Index end) {
        const Index size = end - begin;
        for (Index i = (size - 1) / 2; i >= 0; --i) sift_down(i, size, begin);
        for (Index i = size - 1; i >= 0; --i) {
            swap(begin, begin + i);
            sift_down(0, i, begin);
        }
    }

    // Puts smaller elements before the pivot and the others behind it, and returns its place.
    Index partition(Index begin, Index end, Index pivot, bool& was_partitioned) {
        swap(begin, pivot);
        Index i = begin + 1;
        Index j = end - 1;
        const auto advance = [&] {
            while (i <= j && less(i, begin)) ++i;
            while (i <= j && !less(j, begin)) --j;
        };
        advance();
        was_partitioned = i > j;
        while (i <= j) {
            swap(i++, j--);
            advance();
        }
        swap(j, begin);
        return j;
    }

    // Puts elements equal to the pivot in front, and returns where the greater ones begin.
    Index partition_equal(Index begin, Index end, Index pivot) {
        swap(begin, pivot);
        Index i = begin + 1;
        Index j = end - 1;
        for (;;) {
            while (i <= j && !less(begin, i)) ++i;
            while (i <= j && less(begin, j)) --j;
            if (i > j) return i;
            swap(i++, j--);
        }
    }

    // Repairs up to five places where neighbours are out of order, and returns whether that sorted
    // it.
    bool finish_if_nearly_sorted(Index begin, Index end) {
        Index i = begin + 1;
        for (int step = 0; step < 5; ++step) {
            while (i < end && !less(i, i - 1)) ++i;
            if (i == end) return true;
            if (end - begin < kNintherMin) return false;
            swap(i, i - 1);
            if (i - begin >= 2) {
                for (Index j = i - 1; j >= 1 && less(j, j - 1); --j) swap(j, j - 1);
            }
            if (end - i >= 2) {
                for (Index j = i + 1; j < end && less(j, j - 1); ++j) swap(j, j - 1);
            }
        }
        return false;
    }

    // Breaks a pattern that gave bad pivots, by random numbers that depend on the length alone.
    void scatter(Index begin, Index end) {
        const Index length = end - begin;
        auto random = static_cast<std::uint64_t>(length);
        const std::uint64_t mask = (std::uint64_t{1} << std::bit_width(random)) - 1;
        const Index middle = begin + length / 4 * 2;
        for (Index i = middle - 1; i <= middle + 1; ++i) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            auto other = static_cast<Index>(random & mask);
            if (other >= length) other -= length;
            swap(i, begin + other);
        }
    }

    Pivot choose_pivot(Index begin, Index end) {
        const Index length = end - begin;
        Index i = begin + length / 4;
        Index j = begin + length / 4 * 2;
        Index k = begin + length / 4 * 3;
        int swaps = 0;
        if (length >= kNintherMin) {
            i = median(i - 1, i, i + 1, swaps);
            j = median(j - 1, j, j + 1, swaps);
            k = median(k - 1, k, k + 1, swaps);
        }
        j = median(i, j, k, swaps);
        if (swaps == 0) return {j, Order::kIncreasing};
        return {j, swaps == kSwapsMax ? Order::kDecreasing : Order::kUnknown};
    }

    Index median(Index a, Index b, Index c, int& swaps) {
        const auto order = [&](Index& x, Index& y) {
            if (!less(y, x)) return;
            ++swaps;
            std::swap(x, y);
        };
        order(a, b);
        order(b, c);
        order(a, b);
        return b;
    }

    void reverse(Index begin, Index end) {
        for (Index i = begin, j = end - 1; i < j; ++i, --j) swap(i, j);
    }

    std::span<T> data_;
    Less less_;
};

template <typename T, typename Less>
void go_sort(std::span<T> data, Less less) {
    GoSorter<T, Less>(data, less).sort();
}

}  // namespace sluice::query
