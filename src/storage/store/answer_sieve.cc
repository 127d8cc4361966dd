// This file answers sieves from the tag dictionaries and the digest of a segment's pages of keys.
#include "storage/store/answer_sieve.h"

#include <algorithm>
#include <string>

#include "storage/files/device_failure.h"

namespace sluice::storage {
namespace {

void show_keys(const SeriesPage& page, SeriesSieve& sieve) {
    std::string key;
    for (std::uint32_t i = 0; i < page.series_count(); ++i) {
        key.clear();
        page.append_key(i, key);
        (void)sieve.keeps(key);
    }
}

// Shows `sieve` the tags of all series of a segment, from the dictionaries of its pages.
io::Task<Result<void>> show_tags(io::Reactor& reactor, const SegmentReader& reader,
                                 const SegmentIndex& index, SeriesSieve& sieve,
                                 const OnDamage& on_damage) {
    for (std::uint32_t number = 0; number < index.page_count(); ++number) {
        auto read = co_await reader.read_series_page(index, number);
        if (!read.ok() && on_damage(read.error())) continue;
        SLUICE_CO_TRY(const auto page, std::move(read));
        if (page->has_plain_tags()) {
            for (std::size_t tag = 0; tag < page->tag_count(); ++tag) {
                if (!sieve.begin_tag(page->tag_key(tag))) continue;
                const std::size_t values =
                    std::min(page->tag_value_count(tag), sieve.values_wanted());
                for (std::size_t i = 0; i < values; ++i) sieve.see_value(page->tag_value(tag, i));
            }
        } else {
            show_keys(*page, sieve);
        }
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    co_return Result<void>();
}

// Shows `sieve` the first keys of a segment in the order of lists, page by page until it has
// enough.
io::Task<Result<void>> show_first(io::Reactor& reactor, const SegmentReader& reader,
                                  const SegmentIndex& index, const SeriesDigest& digest,
                                  SeriesSieve& sieve) {
    for (const SeriesDigest::FirstOfPage& each : digest.firsts()) {
        if (sieve.is_done_at(each.key)) break;
        SLUICE_CO_TRY(const auto page, co_await reader.read_series_page(index, each.page));
        show_keys(*page, sieve);
        if (reactor.needs_yield()) co_await reactor.yield();
    }
    co_return Result<void>();
}

}  // namespace

io::Task<Result<bool>> answer_sieve(io::Reactor& reactor, const SegmentReader& reader,
                                    const SegmentMeasurement& measurement,
                                    const SegmentIndex& index, SeriesSieve& sieve,
                                    const OnDamage& on_damage) {
    if (sieve.takes_tags()) {
        SLUICE_CO_TRY_VOID(co_await show_tags(reactor, reader, index, sieve, on_damage));
        co_return true;
    }
    const bool is_sampled = sieve.sample() != nullptr;
    const bool wants_first = sieve.first_wanted() != 0 && sieve.choice() == nullptr;
    if (!is_sampled && !wants_first) co_return false;
    const auto digest = co_await reader.read_digest(reactor, measurement, index);
    // A page that cannot be read costs its own keys only, where all are looked at.
    if (!digest.ok() && is_damage(digest.error())) co_return false;
    if (!digest.ok()) co_return digest.error();
    if (is_sampled) {
        sieve.sample()->merge((*digest)->sample());
        co_return true;
    }
    const auto shown = co_await show_first(reactor, reader, index, **digest, sieve);
    if (!shown.ok() && !is_damage(shown.error())) co_return shown.error();
    co_return shown.ok();
}

}  // namespace sluice::storage
