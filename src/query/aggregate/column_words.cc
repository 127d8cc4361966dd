#include "query/aggregate/column_words.h"

#include <algorithm>
#include <array>
#include <bit>

namespace sluice::query {
namespace {

template <typename T>
T read_word(std::uint64_t word) {
    return std::bit_cast<T>(word);
}

// The first of the words that none precedes. In lanes, each the extreme of every eighth word, so
// that the compiler can use vectors; equal words are told apart after that.
template <typename T, typename Precedes>
std::size_t find_extreme(std::span<const std::uint64_t> words, Precedes&& precedes) {
    constexpr std::size_t kLanes = 8;
    T best = read_word<T>(words[0]);
    std::size_t at = 1;
    if (words.size() >= 2 * kLanes) {
        std::array<T, kLanes> lanes;
        for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = read_word<T>(words[i]);
        for (at = kLanes; at + kLanes <= words.size(); at += kLanes) {
            for (std::size_t i = 0; i < kLanes; ++i) {
                const T value = read_word<T>(words[at + i]);
                lanes[i] = precedes(value, lanes[i]) ? value : lanes[i];
            }
        }
        for (const T value : lanes) best = precedes(value, best) ? value : best;
    }
    for (; at < words.size(); ++at) {
        const T value = read_word<T>(words[at]);
        best = precedes(value, best) ? value : best;
    }
    const auto is_best = [best](std::uint64_t word) { return read_word<T>(word) == best; };
    return static_cast<std::size_t>(std::find_if(words.begin(), words.end(), is_best) -
                                    words.begin());
}

template <typename T>
std::size_t find_extreme(bool is_min, std::span<const std::uint64_t> words) {
    return is_min ? find_extreme<T>(words, [](T a, T b) { return a < b; })
                  : find_extreme<T>(words, [](T a, T b) { return a > b; });
}

}  // namespace

// Floats are added in the order of the rows, one by one: any other order, such as that of vectors,
// would show in the last digits.
Value sum_words(influxql::DataType type, Value sum, std::span<const std::uint64_t> words) {
    if (type == influxql::DataType::kFloat) {
        const bool fresh = sum.is_null();
        double total = fresh ? std::bit_cast<double>(words[0]) : sum.as_float();
        for (const std::uint64_t word : words.subspan(fresh ? 1 : 0)) {
            total += std::bit_cast<double>(word);
        }
        return Value::of_float(total);
    }
    std::uint64_t total = sum.is_null() ? 0 : sum.word();
    for (const std::uint64_t word : words) total += word;
    return type == influxql::DataType::kInteger
               ? Value::of_integer(static_cast<std::int64_t>(total))
               : Value::of_unsigned(total);
}

std::size_t select_word(const AggregateCall& call, std::span<const std::uint64_t> words) {
    if (call.function == Function::kFirst) return 0;
    if (call.function == Function::kLast) return words.size() - 1;
    const bool is_min = call.function == Function::kMin;
    switch (call.argument) {
        case influxql::DataType::kFloat:
            return find_extreme<double>(is_min, words);
        case influxql::DataType::kInteger:
            return find_extreme<std::int64_t>(is_min, words);
        default:
            return find_extreme<std::uint64_t>(is_min, words);
    }
}

}  // namespace sluice::query
