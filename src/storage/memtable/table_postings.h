// TablePostings says which rows of a memtable a series has, and which of its series have a value of
// a tag.
//
// Nothing of it exists until a query asks, and a query carries it on from where the last one left
// it. So writes pay for nothing that nobody reads, and a query pays for the rows that came since,
// not for all of them. What is known stays true: rows are only ever appended.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/pod_vector.h"
#include "sluice/io/reactor.h"
#include "sluice/io/task.h"
#include "sluice/model/distinct_sample.h"
#include "sluice/model/series_index.h"
#include "sluice/storage/series_list.h"

namespace sluice::storage {

class Memtable;

// Belongs to one memtable, and is of its core. Whoever awaits here holds the memtable and its head.
// Calls may overlap: each step between two waits leaves everything complete up to some row.
class TablePostings {
public:
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    // Each tag takes some ten bytes a series; dashboards choose by one or two.
    static constexpr std::size_t kTagsMax = 4;

    // Both outlive it.
    TablePostings(Memtable& table, const model::SeriesIndex& index);

    // Takes in all rows that the table has when it ends.
    io::Task<void> carry_on(io::Reactor& reactor);

    // These say what was known when carry_on() last ended.

    // The series that have a row, in the order in which they first came.
    const PodVector<model::SeriesId>& series() const { return series_; }
    std::uint32_t rows() const { return rows_; }
    // The last row of a series, or kNone, and the one before a row of the same series, or kNone.
    std::uint32_t last_row(model::SeriesId series) const {
        return series < last_rows_.size() ? last_rows_[series] : kNone;
    }
    std::uint32_t row_before(std::uint32_t row) const { return rows_before_[row]; }

    // Finds the series with one of the values, ascending by id; perhaps others among them. Nothing:
    // too many tags have been asked for.
    io::Task<std::optional<std::vector<model::SeriesId>>> find(io::Reactor& reactor,
                                                               TagChoice choice);

    // Gives a sieve that keeps nothing what it wants of the keys, without showing all of them.
    // False: that cannot be done. The sieve may then have seen some of it.
    io::Task<bool> answer(io::Reactor& reactor, SeriesSieve& sieve);

private:
    // So many of the first series are known in the order of lists, and of the first values of a
    // tag.
    static constexpr std::size_t kFirstsMax = 256;
    // Places are those in series_.
    struct Slot {
        std::uint32_t hash;   // of the value
        std::uint32_t place;  // the latest with that value; kNone: the slot is empty
    };
    // The series of one tag, those with the same value chained from the latest back.
    struct Tag {
        std::string name;
        std::uint32_t series_taken = 0;     // the first of series_
        PodVector<Slot> slots;              // open addressing
        PodVector<std::uint32_t> before;    // by place: the one before with the same value
        PodVector<std::uint32_t> of_value;  // one place for each distinct value
        PodVector<std::uint32_t> firsts;    // of these, the first kFirstsMax by value, ascending
    };

    Tag* find_tag(std::string_view name);
    io::Task<void> carry_on_tag(io::Reactor& reactor, Tag& tag);
    io::Task<void> carry_on_names(io::Reactor& reactor);
    io::Task<void> carry_on_sample(io::Reactor& reactor);
    io::Task<void> carry_on_firsts(io::Reactor& reactor);
    // False: something is escaped, or a tag has too many values to gain anything.
    io::Task<bool> show_tags(io::Reactor& reactor, SeriesSieve& sieve);
    io::Task<bool> show_firsts(io::Reactor& reactor, SeriesSieve& sieve);
    void add_to_tag(Tag& tag, std::uint32_t place);
    void grow(Tag& tag);
    // Where the value is, or the empty slot where it belongs.
    std::size_t slot_of(const Tag& tag, std::string_view value, std::uint32_t hash) const;
    std::string_view value_at(const Tag& tag, std::uint32_t place) const;
    std::size_t memory_bytes() const;
    // Tells the table what has been added since the last call.
    void account();

    Memtable& table_;
    const model::SeriesIndex& index_;
    std::uint32_t rows_ = 0;  // taken in
    PodVector<model::SeriesId> series_;
    PodVector<std::uint32_t> last_rows_;    // by series id
    PodVector<std::uint32_t> rows_before_;  // by row
    PodVector<std::uint32_t> escaped_;      // places of series with a backslash in their tags
    std::vector<std::unique_ptr<Tag>> tags_;
    std::uint32_t names_taken_ = 0;  // the first of series_ whose tags are in names_
    std::set<std::string, std::less<>> names_;
    std::vector<std::string_view> last_names_;  // of the series before, in its key
    std::uint32_t sample_taken_ = 0;            // the first of series_ that are in sample_
    model::DistinctSample sample_;
    std::uint32_t firsts_taken_ = 0;     // the first of series_ that firsts_ is of
    PodVector<model::SeriesId> firsts_;  // ascending in the order of lists
    std::size_t accounted_ = 0;
};

}  // namespace sluice::storage
