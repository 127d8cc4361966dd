// Postings are made of what the memtable and the series index have anyway: chains of row numbers
// and of series, and no text.
#include "storage/memtable/table_postings.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "sluice/model/series_key.h"
#include "storage/memtable/memtable.h"

namespace sluice::storage {
namespace {

constexpr std::uint32_t kRowsPerLook = 4096;
constexpr std::uint32_t kSeriesPerLook = 512;
// Values are shown in order; more than these are not worth sorting.
constexpr std::size_t kValuesShownMax = 2048;

// The value of a tag among the tags of a key, in which nothing is escaped; empty without the tag. A
// text as long as the tag's name, between a comma and an equals sign, is that tag.
std::string_view plain_value(std::string_view tags, std::string_view tag) {
    for (std::size_t at = tags.find(','); at != std::string_view::npos;
         at = tags.find(',', at + 1)) {
        const std::string_view rest = tags.substr(at + 1);
        if (rest.size() <= tag.size() || rest[tag.size()] != '=' || !rest.starts_with(tag)) {
            continue;
        }
        const std::string_view value = rest.substr(tag.size() + 1);
        return value.substr(0, value.find(','));
    }
    return {};
}

std::uint32_t hash_of(std::string_view value) {
    return static_cast<std::uint32_t>(hash_bytes(value));
}

// Puts a number where it belongs among the first ones, of which `most` are kept.
template <typename Precedes>
void insert_first(PodVector<std::uint32_t>& firsts, std::uint32_t number, std::size_t most,
                  const Precedes& precedes) {
    if (firsts.size() == most) {
        if (!precedes(number, firsts.back())) return;
        firsts.pop_back();
    }
    const auto at =
        std::upper_bound(firsts.begin(), firsts.end(), number, precedes) - firsts.begin();
    firsts.push_back(number);
    std::rotate(firsts.begin() + at, firsts.end() - 1, firsts.end());
}

bool is_escaped(std::string_view tags) {
    return tags.find('\\') != std::string_view::npos;
}

// All of a key behind its measurement, which ends at the first comma without a backslash before it.
std::string_view tags_of(std::string_view key) {
    std::size_t at = key.find(',');
    while (at != std::string_view::npos && at != 0 && key[at - 1] == '\\') {
        at = key.find(',', at + 1);
    }
    return at == std::string_view::npos ? std::string_view() : key.substr(at);
}

}  // namespace

TablePostings::TablePostings(Memtable& table, const model::SeriesIndex& index)
    : table_(table), index_(index) {}

io::Task<void> TablePostings::carry_on(io::Reactor& reactor) {
    while (rows_ < table_.rows()) {
        const std::uint32_t end = rows_ + std::min(kRowsPerLook, table_.rows() - rows_);
        if (last_rows_.size() < index_.series_count()) {
            last_rows_.append_copies(index_.series_count() - last_rows_.size(), kNone);
        }
        std::uint32_t* const before = rows_before_.append_uninitialized(end - rows_);
        for (std::uint32_t row = rows_; row < end; ++row) {
            const std::uint32_t place = row_chunk::place_of(row);
            const model::SeriesId id = table_.series_chunk(
                row_chunk::chunk_of_place(place))[row_chunk::offset_of_place(place)];
            before[row - rows_] = last_rows_[id];
            if (last_rows_[id] == kNone) {
                if (is_escaped(tags_of(index_.key(id)))) {
                    escaped_.push_back(static_cast<std::uint32_t>(series_.size()));
                }
                series_.push_back(id);
            }
            last_rows_[id] = row;
        }
        rows_ = end;
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    account();
}

TablePostings::Tag* TablePostings::find_tag(std::string_view name) {
    for (const auto& each : tags_) {
        if (each->name == name) return each.get();
    }
    if (tags_.size() == kTagsMax) return nullptr;
    tags_.push_back(std::make_unique<Tag>());
    tags_.back()->name = name;
    return tags_.back().get();
}

std::string_view TablePostings::value_at(const Tag& tag, std::uint32_t place) const {
    return plain_value(tags_of(index_.key(series_[place])), tag.name);
}

std::size_t TablePostings::slot_of(const Tag& tag, std::string_view value,
                                   std::uint32_t hash) const {
    SLUICE_CHECK(!tag.slots.empty());
    const std::size_t mask = tag.slots.size() - 1;
    std::size_t slot = hash & mask;
    for (; tag.slots[slot].place != kNone; slot = (slot + 1) & mask) {
        if (tag.slots[slot].hash == hash && value_at(tag, tag.slots[slot].place) == value) break;
    }
    return slot;
}

void TablePostings::grow(Tag& tag) {
    PodVector<Slot> old;
    std::swap(old, tag.slots);
    tag.slots.append_copies(std::max<std::size_t>(64, old.size() * 2), {0, kNone});
    const std::size_t mask = tag.slots.size() - 1;
    for (const Slot& each : old) {
        if (each.place == kNone) continue;
        std::size_t slot = each.hash & mask;
        while (tag.slots[slot].place != kNone) slot = (slot + 1) & mask;
        tag.slots[slot] = each;
    }
}

void TablePostings::add_to_tag(Tag& tag, std::uint32_t place) {
    tag.before.push_back(kNone);
    if (is_escaped(tags_of(index_.key(series_[place])))) return;
    const std::string_view value = value_at(tag, place);
    if (value.empty()) return;
    if (tag.of_value.size() * 2 >= tag.slots.size()) grow(tag);
    const std::uint32_t hash = hash_of(value);
    Slot& slot = tag.slots[slot_of(tag, value, hash)];
    if (slot.place == kNone) {
        tag.of_value.push_back(place);
        insert_first(tag.firsts, place, kFirstsMax, [&](std::uint32_t a, std::uint32_t b) {
            return value_at(tag, a) < value_at(tag, b);
        });
    }
    tag.before[place] = slot.place;
    slot = {hash, place};
}

// A table of slots that doubles is the longest step: a few milliseconds with a million values.
io::Task<void> TablePostings::carry_on_tag(io::Reactor& reactor, Tag& tag) {
    while (tag.series_taken < series_.size()) {
        const std::uint32_t end =
            std::min(tag.series_taken + kSeriesPerLook, static_cast<std::uint32_t>(series_.size()));
        for (; tag.series_taken < end; ++tag.series_taken) add_to_tag(tag, tag.series_taken);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    account();
}

io::Task<std::optional<std::vector<model::SeriesId>>> TablePostings::find(io::Reactor& reactor,
                                                                          TagChoice choice) {
    Tag* const tag = find_tag(choice.tag);
    if (tag == nullptr) co_return std::nullopt;
    co_await carry_on_tag(reactor, *tag);
    std::vector<model::SeriesId> found;
    for (const std::uint32_t place : escaped_) found.push_back(series_[place]);
    if (tag->slots.empty()) co_return found;
    for (const std::string& value : choice.values) {
        std::uint32_t place = tag->slots[slot_of(*tag, value, hash_of(value))].place;
        for (; place != kNone; place = tag->before[place]) found.push_back(series_[place]);
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    co_return found;
}

// Neighbours mostly have the same tags: only names that differ from those before are looked up.
io::Task<void> TablePostings::carry_on_names(io::Reactor& reactor) {
    while (names_taken_ < series_.size()) {
        const std::uint32_t end =
            std::min(names_taken_ + kSeriesPerLook, static_cast<std::uint32_t>(series_.size()));
        for (; names_taken_ < end; ++names_taken_) {
            const std::string_view tags = tags_of(index_.key(series_[names_taken_]));
            std::size_t number = 0;
            for (std::size_t at = tags.find(','); at != std::string_view::npos;
                 at = tags.find(',', at + 1), ++number) {
                const std::string_view rest = tags.substr(at + 1);
                const std::string_view name = rest.substr(0, rest.find('='));
                if (number < last_names_.size() && last_names_[number] == name) continue;
                last_names_.resize(number);
                last_names_.push_back(name);
                names_.emplace(name);
            }
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
}

io::Task<bool> TablePostings::show_tags(io::Reactor& reactor, SeriesSieve& sieve) {
    if (!escaped_.empty()) co_return false;
    co_await carry_on_names(reactor);
    // Others may add to names_ meanwhile.
    const std::vector<std::string> names(names_.begin(), names_.end());
    for (const std::string& name : names) {
        if (!sieve.begin_tag(name)) continue;
        Tag* const tag = find_tag(name);
        if (tag == nullptr) co_return false;
        co_await carry_on_tag(reactor, *tag);
        if (!escaped_.empty()) co_return false;
        const std::size_t wanted = std::min(sieve.values_wanted(), tag->of_value.size());
        const bool are_first = wanted <= tag->firsts.size();
        if (!are_first && tag->of_value.size() > kValuesShownMax) co_return false;
        std::vector<std::string_view> values;
        for (const std::uint32_t place : are_first ? tag->firsts : tag->of_value) {
            values.push_back(value_at(*tag, place));
        }
        std::sort(values.begin(), values.end());
        values.resize(wanted);
        for (const std::string_view value : values) sieve.see_value(value);
    }
    co_return true;
}

io::Task<void> TablePostings::carry_on_sample(io::Reactor& reactor) {
    while (sample_taken_ < series_.size()) {
        const std::uint32_t end =
            std::min(sample_taken_ + kSeriesPerLook, static_cast<std::uint32_t>(series_.size()));
        for (; sample_taken_ < end; ++sample_taken_) {
            sample_.add(hash_bytes(index_.key(series_[sample_taken_])));
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    account();
}

io::Task<void> TablePostings::carry_on_firsts(io::Reactor& reactor) {
    const auto precedes = [this](model::SeriesId a, model::SeriesId b) {
        return model::series_precedes(index_.key(a), index_.key(b));
    };
    while (firsts_taken_ < series_.size()) {
        const std::uint32_t end =
            std::min(firsts_taken_ + kSeriesPerLook, static_cast<std::uint32_t>(series_.size()));
        for (; firsts_taken_ < end; ++firsts_taken_)
            insert_first(firsts_, series_[firsts_taken_], kFirstsMax, precedes);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
}

io::Task<bool> TablePostings::show_firsts(io::Reactor& reactor, SeriesSieve& sieve) {
    co_await carry_on_firsts(reactor);
    for (const model::SeriesId series : firsts_) {
        const std::string_view key = index_.key(series);
        if (sieve.is_done_at(key)) co_return true;
        (void)sieve.keeps(key);
    }
    co_return firsts_.size() == series_.size();
}

io::Task<bool> TablePostings::answer(io::Reactor& reactor, SeriesSieve& sieve) {
    bool answered = false;
    if (sieve.takes_tags()) {
        answered = co_await show_tags(reactor, sieve);
    } else if (sieve.sample() != nullptr) {
        co_await carry_on_sample(reactor);
        sieve.sample()->merge(sample_);
        answered = true;
    } else if (sieve.first_wanted() != 0 && sieve.choice() == nullptr) {
        answered = co_await show_firsts(reactor, sieve);
    }
    co_return answered;
}

std::size_t TablePostings::memory_bytes() const {
    std::size_t bytes = sizeof(*this) + sample_.memory_bytes();
    for (const auto* each : {&series_, &last_rows_, &rows_before_, &escaped_}) {
        bytes += each->capacity() * sizeof(std::uint32_t);
    }
    for (const auto& tag : tags_) {
        bytes += sizeof(Tag) + tag->slots.capacity() * sizeof(Slot);
        bytes += (tag->before.capacity() + tag->of_value.capacity()) * sizeof(std::uint32_t);
    }
    return bytes;
}

void TablePostings::account() {
    const std::size_t bytes = memory_bytes();
    SLUICE_CHECK(bytes >= accounted_);
    table_.add_memory(bytes - accounted_);
    accounted_ = bytes;
}

}  // namespace sluice::storage
